internal import Plan

/// What is read of `global`.
struct GlobalDraft {
    var settings = GlobalSettings()
}

enum GlobalTable {
    /// Those that an environment variable may override: every one with a single value.
    static let settings: [Key<GlobalDraft>] = [
        .scalar(
            "max_total_agents", .whole(1...100_000),
            .given("Agents of all projects together.", example: "20").used,
            to: \.settings.maxTotalAgents),
        .scalar(
            "max_concurrent_projects", .whole(1...100_000),
            .given(
                "Projects that are active at the same time; the others wait in `bulkhead queue`.",
                example: "10"
            ).used,
            to: \.settings.maxConcurrentProjects),
        .scalar(
            "global_cpu_cores", .processors,
            .given(
                "Processors for all projects together: what is divided among them; the sum of "
                    + "`cpu_min` may not be above it.", example: "4"
            ).used, to: \.settings.cpuCores),
        .scalar(
            "global_memory_limit_gb", .number(of: "G"),
            .given(
                "Gibibytes for all projects together: what is divided among them; the sum of "
                    + "`memory_min` may not be above it.", example: "8"
            ).used, to: \.settings.memoryLimit),
        .scalar(
            "global_disk_limit_gb", .number(of: "G"),
            .given("Gibibytes on disk for all projects together.", example: "50"),
            to: \.settings.diskLimit),
        .scalar(
            "resource_allocation_strategy", .strategy,
            About(
                "How resources are divided among projects: not at all (`static`), equally "
                    + "(`fair_share`), by priority (`priority_based`), by priority with limits that "
                    + "follow what is used (`dynamic`), or as a program of yours says.",
                standard: "static", example: "priority_based"
            ).empty,
            to: \.settings.allocationStrategy),
        .scalar(
            "scheduling_interval_seconds", .whole(1...86_400),
            About(
                "Seconds between two looks at what projects use.", standard: "30", example: "10"
            ).empty,
            to: \.settings.schedulingIntervalSeconds),
        .scalar(
            "resource_rebalance_interval_seconds", .whole(1...86_400),
            About(
                "Seconds between two divisions of resources, where nothing calls for one before.",
                standard: "300", example: "60"
            ).empty, to: \.settings.rebalanceIntervalSeconds),
        .scalar(
            "system_reserve", .percentAtMost(90),
            About(
                "The part of the processors and the memory that is kept for the system: it is "
                    + "neither guaranteed nor divided.", standard: "5%", example: "10%"),
            to: \.settings.systemReservePercent),
        .scalar(
            "admission_ageing_seconds", .whole(1...86_400),
            About(
                "Seconds of waiting for room that count as much as one class of priority: whoever "
                    + "comes three times as long after another one is never let in before it.",
                standard: "600", example: "120"), to: \.settings.admissionAgeingSeconds),
        .scalar(
            "preemption", .word,
            About(
                "How far projects are cut back while the whole machine stalls, least important "
                    + "ones first: `off`, `squeeze`, `freeze` or `stop`.",
                standard: "stop; off with static", example: "freeze"),
            to: \.settings.preemption),
        .scalar(
            "enable_cross_project_insights", .flag,
            .given("Whether patterns are looked for across projects.", example: "true"),
            to: \.settings.crossProjectInsights),
        .scalar(
            "enable_knowledge_sharing", .flag,
            .given("Whether projects share what was learnt.", example: "true"),
            to: \.settings.knowledgeSharing),
        .scalar(
            "enable_pattern_learning", .flag,
            .given("Whether anything is learnt from projects.", example: "true"),
            to: \.settings.patternLearning),
        .scalar(
            "enable_project_isolation", .flag,
            .given(
                "Whether projects are isolated: they always are, whatever is said here.",
                example: "true"), to: \.settings.projectIsolation),
        .scalar(
            "global_state_path", .text,
            .given(
                "Where state is kept: it always is in /var/lib/bulkhead.", example: ".orch-global"),
            to: \.settings.statePath),
        .scalar(
            "global_discord_guild", .text,
            .given("A Discord server.", example: "null"), to: \.settings.discordGuild),
        .scalar(
            "monitoring_webhook_url", .text,
            .given("Where alarms are sent.", example: "null"),
            to: \.settings.monitoringWebhookURL),
        .scalar(
            "external_metrics_endpoint", .text,
            .given("Where measurements are sent.", example: "null"),
            to: \.settings.externalMetricsEndpoint),
    ]

    static let security = Table<GlobalSettings.Security>(
        "global.security",
        [
            .scalar(
                "encryption_at_rest", .flag,
                .given("Whether what is stored is encrypted.", example: "false"),
                to: \.encryptionAtRest),
            .scalar(
                "audit_log_retention_days", .whole(0...36_500),
                About(
                    "Days for which the supervisor keeps the audit trail; 0: for ever. What journald "
                        + "is still to get stays longer. How long the journal keeps its copy, "
                        + "journald.conf(5) says.",
                    standard: "90", example: "365"
                ).empty, to: \.auditLogRetentionDays),
            .scalar(
                "require_2fa", .flag,
                .given("Whether people need a second factor.", example: "false"),
                to: \.require2FA),
            .scalar(
                "session_timeout_minutes", .whole(1...525_600),
                .given("Minutes after which a session ends.", example: "60"),
                to: \.sessionTimeoutMinutes),
        ])

    static let table = Table<GlobalDraft>(
        "global",
        settings + [
            .mapping(
                "security", security,
                About("Who may come in, and what is kept.", example: "{require_2fa: false}"),
                to: \.settings.security),
            .mapping(
                "audit", AuditTable.audit,
                About(
                    "How the audit trail is signed, and where its heads are put.",
                    example: "{sign_every: 10s}"), to: \.settings.audit),
            Key(
                description: About(
                    "What every project inherits: any key of a template.",
                    example: "{limits: {memory: 1G}}"
                ).description("defaults", "mapping", section: ProjectTable.template.title),
                takesNothing: true,
                read: { node, _, reading in ProjectTable.check(node, &reading) },
                inherit: { _, near in near }),
        ])
}
