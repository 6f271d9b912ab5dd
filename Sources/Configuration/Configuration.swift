public import Plan

/// A configuration that may come into force: read from its files, complete with all that is
/// inherited, and found to make sense as a whole.
public struct Configuration: Hashable, Sendable {
    public let global: GlobalSettings
    /// By name.
    public let projects: [ProjectPolicy]
    /// Of every project, what no part of the supervisor acts upon yet.
    public let details: [ProjectName: ProjectDetails]
    /// Where each project is written.
    public let origins: [ProjectName: Position]
    /// Keys that were accepted and change nothing, in the order of the files.
    public let unused: [UnusedKey]
    /// Of projects that have one, what quotas.d says.
    public let quotaLayers: [ProjectName: QuotaLayer]

    /// More than one machine runs, each with a sandbox, a slice and a range of ids of its own.
    public static let projectsMax = 1_000

    /// Variables of the environment that begin with `BULKHEAD_` and are no settings.
    public static let otherVariables = [
        "BULKHEAD_FAULT", "BULKHEAD_PRESSURE", "BULKHEAD_SOCKET", "BULKHEAD_VOLUME_FAULT",
    ]

    /// What begins the name of an environment variable that overrides a key of `global`.
    public static let variablePrefix = "BULKHEAD_"

    /// No projects, and nothing said of them.
    public static let empty = Configuration(
        global: GlobalSettings(), projects: [], details: [:], origins: [:], unused: [],
        quotaLayers: [:])

    /// Reads a configuration whole, or throws everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - files: in this order; `global` may be in one of them, a project or template too.
    ///   - environment: of the supervisor; `BULKHEAD_KEY` goes before `key` of `global`.
    ///   - machine: what guarantees are compared with.
    public static func load(
        files: [SourceFile], environment: [(String, String)], machine: MachineCapacity
    ) throws(ConfigurationError) -> Configuration {
        var loader = Loader()
        for file in files { loader.read(file) }
        loader.readGlobal(environment)
        loader.readClasses()
        loader.readTemplates()
        loader.readProjects()
        loader.checkTogether(on: machine)
        return try loader.finished()
    }
}
