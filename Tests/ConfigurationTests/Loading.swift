import Configuration
import Plan

/// A machine of 8 GiB and four processors.
let machine = MachineCapacity(memory: .gibibytes(8), processors: CPUBandwidth(millicores: 4_000))

func load(
    _ texts: [(String, String)], environment: [(String, String)] = []
) throws(ConfigurationError) -> Configuration {
    try Configuration.load(
        files: texts.map { SourceFile(name: $0.0, bytes: Array($0.1.utf8)) },
        environment: environment, machine: machine)
}

func load(
    _ text: String, environment: [(String, String)] = []
) throws(ConfigurationError) -> Configuration {
    try load([("b.yaml", text)], environment: environment)
}

/// What is said against a text, a line for each problem; empty where nothing is.
func refusal(_ text: String, environment: [(String, String)] = []) -> [String] {
    refusal([("b.yaml", text)], environment: environment)
}

func refusal(_ texts: [(String, String)], environment: [(String, String)] = []) -> [String] {
    do throws(ConfigurationError) {
        _ = try load(texts, environment: environment)
        return []
    } catch { return error.lines }
}

/// The project of that name.
func project(_ name: String, of configuration: Configuration) -> ProjectPolicy? {
    configuration.projects.first { $0.name.text == name }
}
