/// The keys of one kind of mapping, for the documentation.
public struct KeySection: Hashable, Sendable {
    /// What other sections call it.
    public let title: String
    /// Where such a mapping stands.
    public let place: String
    /// The key that is meant where a single value stands in its place.
    public let shorthand: String?
    public let keys: [KeyDescription]
}

extension Configuration {
    /// Every key that there is, in the order in which people read of them. A template's are those of
    /// a project.
    public static let reference: [KeySection] = [
        section(FilePieces.table, "the file"),
        section(GlobalTable.table, "`global`"),
        section(GlobalTable.security, "`global.security`"),
        section(AuditTable.audit, "`global.audit`"),
        section(AuditTable.anchor, "an entry of `anchors`"),
        section(ProjectTable.project, "`projects.NAME`"),
        section(LimitTable.project, "`limits` of a project"),
        section(LimitTable.quotaClassLimits, "`classes.NAME`"),
        section(WorkloadTable.service, "`services.NAME` of a project"),
        section(WorkloadTable.task, "`tasks.NAME` of a project"),
        section(LimitTable.workload, "`limits` of a service or task"),
        section(HealthTable.health, "`health` of a project or service"),
        section(HealthTable.check, "`startup`, `readiness` and `liveness` of `health`"),
        section(HealthTable.http, "`http` of a health check"),
        section(HealthTable.file, "`file` of a health check"),
        section(RestartTable.restart, "`restart` of a project or service"),
        section(RestartTable.breaker, "`breaker` of a project or service"),
        section(MountTable.mount, "an entry of `mounts`"),
        section(ProjectTable.logRate, "`log_rate` of a project"),
        section(ProjectTable.resourceLimits, "`resource_limits` of a project"),
        section(ProjectTable.aiSettings, "`ai_settings` of a project"),
        section(ProjectTable.workHours, "`work_hours` of a project"),
    ]

    /// Variables of the environment that go before keys of `global`.
    public static let variables = GlobalTable.variables

    /// Keys of a project that a template does not have.
    public static let keysOfProjectsAlone: [String] = {
        let common = Set(ProjectTable.template.keys.map(\.name))
        return ProjectTable.project.keys.map(\.name).filter { !common.contains($0) }
    }()

    private static func section<Target>(_ table: Table<Target>, _ place: String) -> KeySection {
        KeySection(
            title: table.title, place: place, shorthand: table.shorthand,
            keys: table.keys.map(\.description))
    }
}
