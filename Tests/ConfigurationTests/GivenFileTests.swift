import Configuration
import Plan
import Scheduling
import Testing

/// Files from before Bulkhead, as a program and as people wrote them.
struct GivenFileTests {
    static let text = """
        global:
          max_total_agents: 20
          max_concurrent_projects: 10
          global_cpu_cores: 4
          global_memory_limit_gb: 8
          global_disk_limit_gb: 50
          resource_allocation_strategy: fair_share  # or priority_based, dynamic
          scheduling_interval_seconds: 30
          resource_rebalance_interval_seconds: 300
          enable_cross_project_insights: true
          enable_knowledge_sharing: True
          enable_pattern_learning: yes
          enable_project_isolation: true
          global_state_path: .orch-global
          global_discord_guild: null
          monitoring_webhook_url: ~
          external_metrics_endpoint:
          security:
            encryption_at_rest: false
            audit_log_retention_days: 365
            require_2fa: false
            session_timeout_minutes: 60
        projects:
          my-project:
            name: My project
            path: /path/to/project
            priority: high
            status: paused
            resource_limits:
              max_parallel_agents: 3
              max_parallel_cycles: 2
              max_memory_mb: 1024
              max_disk_mb: 2048
              cpu_priority: 1.5
            ai_settings:
              auto_approve_low_risk: true
              require_human_review: false
              max_auto_retry: 3
              context_sharing_enabled: true
            work_hours:
              timezone: "UTC"
              start: "09:00"
              end: 17:00
              days: [monday, Tuesday, wednesday, thursday, friday]
            discord_channel: "#my-project"
            slack_channel: null
            team: []
            dependencies: []
          other:
            name: null
            path: /path/to/other
            dependencies: [my-project]
            resource_limits: {}
            work_hours: null
            team:
            - ada
        """

    @Test func theyLoadUnchanged() throws {
        let configuration = try load(Self.text)
        let global = configuration.global
        #expect(global.maxTotalAgents == 20)
        #expect(global.maxConcurrentProjects == 10)
        #expect(global.cpuCores == CPUBandwidth(millicores: 4_000))
        #expect(global.memoryLimit == .gibibytes(8))
        #expect(global.diskLimit == .gibibytes(50))
        #expect(global.allocationStrategy == .fairShare)
        #expect(global.schedulingIntervalSeconds == 30)
        #expect(global.rebalanceIntervalSeconds == 300)
        #expect(global.crossProjectInsights == true)
        #expect(global.knowledgeSharing == true)
        #expect(global.patternLearning == true)
        #expect(global.projectIsolation == true)
        #expect(global.statePath == ".orch-global")
        #expect(global.discordGuild == nil)
        #expect(global.monitoringWebhookURL == nil)
        #expect(global.externalMetricsEndpoint == nil)
        #expect(global.security.encryptionAtRest == false)
        #expect(global.security.auditLogRetentionDays == 365)
        #expect(global.security.require2FA == false)
        #expect(global.security.sessionTimeoutMinutes == 60)

        let mine = try #require(project("my-project", of: configuration))
        #expect(mine.title == "My project")
        #expect(mine.path == "/path/to/project")
        #expect(mine.priority == .high)
        #expect(mine.status == .paused)
        #expect(mine.limits.memoryMax == .gibibytes(1))
        #expect(mine.limits.cpuWeight == 150)
        #expect(mine.limits.cpuMax == Limits.standard.cpuMax)
        let details = try #require(configuration.details[mine.name])
        #expect(details.resourceLimits.maxParallelAgents == 3)
        #expect(details.resourceLimits.maxParallelCycles == 2)
        #expect(mine.limits.disk == .gibibytes(2))
        #expect(details.aiSettings.autoApproveLowRisk == true)
        #expect(details.aiSettings.requireHumanReview == false)
        #expect(details.aiSettings.maxAutoRetry == 3)
        #expect(details.aiSettings.contextSharingEnabled == true)
        #expect(details.workHours.timezone == "UTC")
        #expect(details.workHours.start == "09:00")
        #expect(details.workHours.end == "17:00")
        #expect(details.workHours.days.count == 5)
        #expect(details.discordChannel == "#my-project")
        #expect(details.slackChannel == nil)

        let other = try #require(project("other", of: configuration))
        #expect(other.title == "other")
        #expect(other.dependencies == [mine.name])
        #expect(other.limits == .standard)
        #expect(configuration.details[other.name]?.team == ["ada"])
        #expect(configuration.origins[other.name]?.description == "b.yaml:49:3")
    }

    @Test func whatChangesNothingIsListed() throws {
        let unused = try load(Self.text).unused.map(\.description)
        #expect(unused.first == "b.yaml:6:3: global.global_disk_limit_gb: accepted, not used")
        #expect(unused.count == 22)
        let paths = try load(Self.text).unused.map(\.path)
        #expect(paths.contains("projects.my-project.resource_limits.max_disk_mb"))
        #expect(!paths.contains("projects.my-project.resource_limits.max_memory_mb"))
        #expect(!paths.contains("projects.my-project.resource_limits.cpu_priority"))
        #expect(!paths.contains("projects.my-project.priority"))
    }

    @Test(arguments: [
        ("static", Strategy.static), ("dynamic", .dynamic),
        ("/opt/mine", .custom(path: "/opt/mine")),
    ])
    func strategiesAreWordsOrPrograms(text: String, strategy: Strategy) throws {
        let configuration = try load("global: {resource_allocation_strategy: \(text)}")
        #expect(configuration.global.allocationStrategy == strategy)
    }

    @Test func theKeysOfTheScheduleAreRead() throws {
        let text = """
            global: {system_reserve: 10%, preemption: freeze, admission_ageing_seconds: 60}
            projects:
              shop:
                path: /srv/shop
                work_hours: {start: "09:00", end: "17:00", days: [monday], outside: pause}
            """
        let configuration = try load(text)
        #expect(configuration.global.systemReservePercent == 10)
        #expect(configuration.global.preemption == .freeze)
        #expect(configuration.global.admissionAgeingSeconds == 60)
        let shop = try ProjectName("shop")
        #expect(configuration.details[shop]?.workHours.outside == .pause)
        #expect(configuration.unused.isEmpty)
    }

    @Test(arguments: [
        ("system_reserve: 91", "system_reserve: '91': is more than 90"),
        ("preemption: kill", "preemption: 'kill': is not one of off, squeeze, freeze, stop"),
        (
            "resource_allocation_strategy: /opt/../x",
            "resource_allocation_strategy: '/opt/../x': is no plain absolute path"
        ),
    ])
    func whatMakesNoScheduleIsRefused(key: String, message: String) throws {
        let lines = refusal("global: {\(key)}")
        #expect(lines.count == 1)
        #expect(lines.first?.contains(message) ?? false, "\(lines)")
    }
}
