internal import Plan

/// Keys that files of before Bulkhead have.
extension ProjectTable {
    static let given: [Key<ProjectDraft>] = [
        .mapping(
            "resource_limits", resourceLimits,
            About(
                "What existing files say of limits; `limits` goes before it.",
                example: "{max_memory_mb: 1024}"), to: \.resourceLimits),
        .mapping(
            "ai_settings", aiSettings,
            About("How agents work.", example: "{max_auto_retry: 3}"), to: \.details.aiSettings),
        .mapping(
            "work_hours", workHours,
            About(
                "When it works: outside these hours it counts less when resources are divided, or "
                    + "stands still.", example: "{start: \"09:00\", end: \"17:00\"}"),
            to: \.self),
        .scalar(
            "discord_channel", .text,
            .given("Where it reports on Discord.", example: "\"#shop\""),
            to: \.details.discordChannel),
        .scalar(
            "slack_channel", .text,
            .given("Where it reports on Slack.", example: "\"#shop\""), to: \.details.slackChannel),
        .list(
            "team", of: .text, .given("Who works on it.", example: "[ada, grace]"), to: \.team),
    ]

    static let resourceLimits = Table<ProjectDraft.ResourceLimitsDraft>(
        "resource_limits",
        [
            .scalar(
                "max_parallel_agents", .whole(1...100_000),
                .given("Agents at the same time.", example: "3").used,
                to: \.limits.maxParallelAgents),
            .scalar(
                "max_parallel_cycles", .whole(1...100_000),
                .given("Cycles of work at the same time.", example: "2"),
                to: \.limits.maxParallelCycles),
            .scalar(
                "max_memory_mb", .number(of: "M"),
                .given(
                    "Mebibytes: becomes `limits.memory` where that is not given beside it.",
                    example: "1024"
                ).used, to: \.memory),
            .scalar(
                "max_disk_mb", .number(of: "M"),
                .given(
                    "Mebibytes: becomes `limits.disk` where that is not given beside it.",
                    example: "2048"), to: \.disk),
            .scalar(
                "cpu_priority", .weightOfPriority,
                .given(
                    "A share, 1.0 being the usual one: a hundred times it becomes "
                        + "`limits.cpu_weight` where that is not given beside it. Also low (0.5), "
                        + "normal (1), high (2), critical (4).", example: "1.0"
                ).used, to: \.weight),
        ])

    static let aiSettings = Table<ProjectDetails.AISettings>(
        "ai_settings",
        [
            .scalar(
                "auto_approve_low_risk", .flag,
                .given("Whether changes of low risk need no review.", example: "true"),
                to: \.autoApproveLowRisk),
            .scalar(
                "require_human_review", .flag,
                .given("Whether a person reviews every change.", example: "false"),
                to: \.requireHumanReview),
            .scalar(
                "max_auto_retry", .whole(0...1_000),
                .given("How often an agent tries again.", example: "3"), to: \.maxAutoRetry),
            .scalar(
                "context_sharing_enabled", .flag,
                .given("Whether agents share what they know.", example: "true"),
                to: \.contextSharingEnabled),
        ])

    /// Its days are a list, and so beside the rest while they are read.
    static let workHours = Table<ProjectDraft>(
        "work_hours",
        [
            .scalar(
                "timezone", .text,
                About("A name of tzdata.", standard: "the machine's", example: "Europe/Berlin")
                    .empty,
                to: \.details.workHours.timezone),
            .scalar(
                "start", .timeOfDay,
                About("The first minute.", standard: "00:00", example: "\"09:00\"").empty,
                to: \.details.workHours.start),
            .scalar(
                "end", .timeOfDay,
                About(
                    "When they are over; before `start` it is the next day.", standard: "24:00",
                    example: "\"17:00\""
                ).empty, to: \.details.workHours.end),
            .scalar(
                "outside", .word,
                About(
                    "What becomes of it at other times: it weighs a quarter (`less`), or stands "
                        + "still (`pause`).", standard: "less", example: "pause"),
                to: \.details.workHours.outside),
            .list(
                "days", of: .weekday,
                About(
                    "Days of the week on which they begin.", standard: "all",
                    example: "[monday, tuesday]"
                ).empty, to: \.days),
        ])

    /// What `resource_limits` says as `limits` where the same piece does not say it itself: so what
    /// is nearer goes before what is farther, whichever of the two words it uses.
    static func translated(_ node: Node) -> Node {
        guard let given = node["resource_limits"] else { return node }
        var limits = node["limits"] ?? Node(.mapping([]), at: given.position)
        if limits.isNothing { limits = Node(.mapping([]), at: given.position) }
        var result = node
        for (key, ours, suffix) in [("max_memory_mb", "memory", "M"), ("max_disk_mb", "disk", "M")]
        {
            guard let value = given[key], !value.isNothing, limits[ours] == nil,
                case .scalar(let scalar) = value.content
            else { continue }
            let text = Node.Scalar(text: scalar.text + suffix, isPlain: true)
            limits = limits.setting(ours, to: Node(.scalar(text), at: value.position))
        }
        if let value = given["cpu_priority"], !value.isNothing, limits["cpu_weight"] == nil,
            case .scalar(let scalar) = value.content,
            // What is no weight has been refused where it is written.
            let weight = try? Value<UInt32>.weightOfPriority.parse(scalar)
        {
            let text = Node.Scalar(text: "\(weight)", isPlain: true)
            limits = limits.setting("cpu_weight", to: Node(.scalar(text), at: value.position))
        }
        result = result.setting("limits", to: limits)
        return result
    }
}
