internal import Plan

/// What a file has at its top.
struct FilePieces {
    var global: Node.Entry?
    var classes: [Node.Entry] = []
    var templates: [Node.Entry] = []
    var projects: [Node.Entry] = []

    static let table = Table<FilePieces>(
        "file",
        [
            Key(
                description: About("All projects together.", example: "{max_total_agents: 20}")
                    .description("global", "mapping", section: GlobalTable.table.title),
                takesNothing: true,
                read: { node, pieces, _ in
                    pieces.global = Node.Entry(
                        key: "global", keyPosition: node.position, value: node)
                }, inherit: { _, near in near }),
            .names(
                "classes", LimitTable.quotaClassLimits.title,
                About(
                    "Quota classes: limits by a name that `class` of `limits` gives. One of a name "
                        + "that is installed replaces that.",
                    example: "{tiny: {memory: 64M, pids: 32}}"), to: \.classes),
            .names(
                "templates", ProjectTable.template.title,
                About("What several projects have in common.", example: "{web: {…}}"),
                to: \.templates),
            .names(
                "projects", ProjectTable.project.title,
                About("The projects.", example: "{shop: {path: /srv/shop}}"), to: \.projects),
        ])
}

extension Key where Target == FilePieces {
    fileprivate static func names(
        _ name: String, _ section: String, _ about: About,
        to place: Place<FilePieces, [Node.Entry]>
    ) -> Key {
        Key(
            description: about.description(name, "mapping by name", section: section),
            takesNothing: true,
            read: { node, pieces, reading in
                let entries = named(node, most: YAMLReader.nodesMax, &reading)
                pieces[keyPath: place] = entries ?? []
            }, inherit: { _, near in near })
    }
}
