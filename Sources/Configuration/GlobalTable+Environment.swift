internal import Plan

extension GlobalTable {
    /// Reads `BULKHEAD_MAX_CONCURRENT_PROJECTS` and the like into the settings that they override.
    static func read(
        _ environment: [(String, String)], into draft: inout GlobalDraft,
        _ reading: inout Reading
    ) {
        let prefix = Configuration.variablePrefix
        for (variable, text) in environment where variable.utf8.starts(with: prefix.utf8) {
            if Configuration.otherVariables.contains(variable) { continue }
            let position = Position(file: variable)
            let value = Node(.scalar(Node.Scalar(text: text, isPlain: false)), at: position)
            if let key = settings.first(where: { Self.variable($0.name) == variable }) {
                reading.within(key.name) { reading in
                    if !key.description.isUsed { reading.noteUnused(position) }
                    key.read(value, &draft, &reading)
                }
            } else if let key = security.keys.first(where: {
                Self.variable("security_\($0.name)") == variable
            }) {
                reading.within("security") { reading in
                    reading.within(key.name) { reading in
                        if !key.description.isUsed { reading.noteUnused(position) }
                        key.read(value, &draft.settings.security, &reading)
                    }
                }
            } else {
                let similar = nearest(to: variable, in: variables)
                reading.add(
                    Problem(
                        position, "unknown variable",
                        hint: similar.map { "did you mean '\($0)'?" }
                            ?? "unset it; bulkhead.yaml(5) lists those that there are"))
            }
        }
    }

    /// Every variable that overrides a setting.
    static var variables: [String] {
        settings.map { variable($0.name) }
            + security.keys.map { variable("security_\($0.name)") }
    }

    private static func variable(_ key: String) -> String {
        Configuration.variablePrefix + key.uppercased()
    }
}
