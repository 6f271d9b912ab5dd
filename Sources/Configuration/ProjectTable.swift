internal import Plan

/// The keys of a project, and of what projects inherit.
enum ProjectTable {
    static let project = Table<ProjectDraft>("project", own + common)

    /// What a template may say: all that is not one project's alone.
    static let template = Table<ProjectDraft>("template", common)

    /// Notes what is wrong with a template, or with `global.defaults`.
    static func check(_ node: Node, _ reading: inout Reading) {
        var draft = ProjectDraft()
        template.read(node, into: &draft, &reading)
    }

    private static let own: [Key<ProjectDraft>] = [
        .scalar(
            "name", .text(most: 256),
            About("What people call it.", standard: "the key", example: "The shop").empty,
            to: \.title),
        .scalar(
            "path", .hostPath,
            About(
                "Its directory on this machine; no two projects share one or have one within the "
                    + "other.", standard: "required", example: "/srv/shop"), to: \.path),
        .list(
            "template", of: .text,
            About(
                "Names of `templates` that it inherits from, a later one winning.",
                example: "[web, large]"), to: \.templates),
    ]

    private static let common: [Key<ProjectDraft>] =
        ProjectTable.life + ProjectTable.sandbox + ProjectTable.workloads + ProjectTable.given

    private static let life: [Key<ProjectDraft>] = [
        .scalar(
            "priority", .word,
            About("How important it is.", standard: "normal", example: "high").empty,
            to: \.priority),
        .scalar(
            "status", .word,
            About(
                "What it should be. A change of it is a wish; its repetition is not.",
                standard: "active", example: "paused"
            ).empty, to: \.status),
        .list(
            "dependencies", of: .project,
            About("Projects that must be ready first.", example: "[database]"),
            to: \.dependencies),
        .mapping(
            "limits", LimitTable.project,
            About("Of all its workloads together.", example: "{memory: 1G, cpu: 1.5}"),
            to: \.limits),
    ]

    private static let sandbox: [Key<ProjectDraft>] = [
        .scalar(
            "user", .identity,
            About(
                "Who its workloads are inside; without a GID, the group has the user's number.",
                standard: "1000:1000", example: "1001"), to: \.identity),
        .scalar(
            "group", .whole(0...UInt64(Identity.idMax)),
            About("Their group.", standard: "the user's number", example: "1001"), to: \.group),
        .list(
            "capabilities", of: .capability,
            About(
                "What they may have of capabilities(7), inside.", example: "[NET_BIND_SERVICE]"),
            to: \.capabilities),
        .scalar(
            "seccomp", .profile,
            About(
                "An installed profile's name, or a file's absolute path.", standard: "default",
                example: "strict"), to: \.seccompProfile),
        .scalar(
            "network", .word,
            About(
                "`none`: loopback only; `host`: no isolation of the network at all.",
                standard: "none", example: "host"), to: \.network),
        .mounts(
            About(
                "What it sees beside its directory.",
                example: "[{path: /srv/assets, access: read-only}]"), to: \.mounts),
        .scalar(
            "root", .hostPath,
            About(
                "A root file system in place of this machine's.", standard: "the machine's /usr",
                example: "/var/lib/images/debian"), to: \.root),
        .environment(
            About("Variables of all its workloads.", example: "{LANG: C.UTF-8}"),
            to: \.environment),
        .secrets(
            About(
                "Files of this machine that appear as /run/secrets/NAME, mode 0400, on a tmpfs.",
                example: "{token: /etc/shop/token}"), to: \.secrets),
        .mapping(
            "log_rate", logRate,
            About(
                "How much its workloads may log; what is more is counted and left out.",
                example: "500"), to: \.logRate),
        .scalar(
            "storage", .word,
            About(
                "How its directory is stored: the directory itself; read-only with its changes on a "
                    + "volume above it; or a volume of its own in its place.", standard: "direct",
                example: "overlay"), to: \.storage),
        .scalar(
            "volume_kind", volumeKind,
            About(
                "What the volume is, where it is not to be found by itself: `auto`, "
                    + "`project-quota`, `image`, `tmpfs` (in memory, gone with the sandbox) or "
                    + "`directory` (without limits).", standard: "auto", example: "image"),
            to: \.volumeKind),
    ]

    private static let volumeKind = Value<VolumeKind?>("word") { (text) throws(InvalidValue) in
        if text == "auto" { return nil }
        if let kind = VolumeKind(rawValue: text) { return kind }
        throw notAmong(["auto"] + VolumeKind.allCases.map(\.rawValue), text)
    }

    private static let workloads: [Key<ProjectDraft>] = [
        .workloads(
            "services", WorkloadTable.service, most: workloadsMax,
            About("What is kept running.", example: "{web: {command: ./serve}}"),
            make: { ServiceDraft($0, $1) }, to: \.services),
        .workloads(
            "tasks", WorkloadTable.task, most: workloadsMax,
            About(
                "Commands by name: `bulkhead run -p PROJECT NAME`.",
                example: "{test: make test}"), make: { TaskDraft($0, $1) }, to: \.tasks),
        .mapping(
            "restart", RestartTable.restart,
            About("What its services inherit.", standard: "on-failure", example: "always"),
            to: \.restart),
        .mapping(
            "breaker", RestartTable.breaker,
            About("What its services inherit.", standard: "5", example: "off"), to: \.breaker),
        .mapping(
            "health", HealthTable.health,
            About("What its services inherit.", example: "{notify: true}"), to: \.health),
    ]

    static let logRate = Table<ProjectDraft.LogRateDraft>(
        "log_rate", shorthand: "lines_per_second",
        [
            .scalar(
                "lines_per_second", .whole(1...1_000_000),
                About("In the long run.", standard: "300", example: "500"), to: \.linesPerSecond),
            .scalar(
                "burst", .whole(1...1_000_000),
                About(
                    "At once.", standard: "1000, or lines_per_second if that is more",
                    example: "2000"), to: \.burst),
        ])

    /// Of one kind; more is a mistake, and every one has a cgroup.
    static let workloadsMax = 256
}
