// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 mode (the tools version's default), warnings are errors, imports are
/// internal unless said otherwise.
let tested: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// What is shipped. (The testing library's macros want tasks.)
let strict: [SwiftSetting] =
    tested + [
        // Regular expressions and tasks are no part of Bulkhead, and each would weigh a megabyte.
        .unsafeFlags([
            "-Xfrontend", "-disable-implicit-string-processing-module-import",
            "-Xfrontend", "-disable-implicit-concurrency-module-import",
        ])
    ]

/// Pure targets touch neither the kernel nor raw memory, and the compiler holds them to it.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

/// What is held to its rules over millions of random steps: without optimisation they would take minutes.
let fast: [SwiftSetting] = [.unsafeFlags(["-O"])]

/// What goes over a million entries, in one thread. That no two accesses to one object overlap is looked at
/// in the debug builds, in which the tests run: at run time it is a tenth of the work.
let countless: [SwiftSetting] =
    fast + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// `_GNU_SOURCE` stays inside our C files: a header that Swift imports must not depend on it.
let gnu: [CSetting] = [
    .define("_GNU_SOURCE"),
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-std=gnu17"]),
]

let package = Package(
    name: "bulkhead",
    products: [
        .executable(name: "bulkhead", targets: ["bulkhead"]),
        .executable(name: "bulkheadd", targets: ["bulkheadd"]),
        .executable(name: "bulkhead-logs", targets: ["bulkhead-logs"]),
        .executable(name: "bulkhead-audit", targets: ["bulkhead-audit"]),
        .executable(name: "bulkhead-storage", targets: ["bulkhead-storage"]),
        .executable(name: "bulkhead-simulate", targets: ["bulkhead-simulate"]),
    ],
    targets: [
        // The only C of ours: shims that return -errno, and the child half of clone3.
        .target(name: "CLinux", cSettings: gnu),
        // libsystemd is opened when it is first needed: linking it would add its seven
        // dependencies to every start, also on machines without systemd.
        .target(name: "CSystemd", cSettings: gnu),
        // libedit likewise: only a prompt needs it.
        .target(name: "CEditLine", cSettings: gnu),
        .systemLibrary(
            name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CCapability", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .systemLibrary(
            name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        // libsystemd linked, for the supervisor, which cannot do without it.
        .systemLibrary(name: "CSystemdEvents", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        // Linked as the system has it, so that it is mended where Debian mends it.
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSystemdJournal", providers: [.apt(["libsystemd-dev"])]),

        // Pure.
        .target(name: "Plan", swiftSettings: pure),
        .target(name: "Policy", dependencies: ["Plan"], swiftSettings: pure),
        .target(name: "Control", swiftSettings: pure),
        .target(name: "Arguments", dependencies: ["Audit", "Plan"], swiftSettings: pure),
        .target(
            name: "Presentation", dependencies: ["JSONTree", "Plan"], swiftSettings: pure),
        .target(name: "Supervision", dependencies: ["Plan"], swiftSettings: pure),
        .target(name: "Probing", swiftSettings: pure),
        .target(name: "Quotas", dependencies: ["Plan"], swiftSettings: pure),
        .target(name: "Audit", dependencies: ["Plan"], swiftSettings: pure),
        // The audit trail for a reader: which records, as lines and as a summary.
        .target(
            name: "AuditReview", dependencies: ["Audit", "Plan", "Presentation"],
            swiftSettings: pure),
        .target(
            name: "AuditVerification", dependencies: ["Audit", "Plan"],
            swiftSettings: pure + countless),
        .target(name: "Scheduling", dependencies: ["Plan"], swiftSettings: pure + fast),

        .target(
            name: "Simulation", dependencies: ["Plan", "Scheduling", "Supervision"],
            swiftSettings: pure, linkerSettings: [.linkedLibrary("m")]),

        // One kernel subject each.
        .target(name: "Syscalls", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "Namespaces", dependencies: ["Plan", "Syscalls"], swiftSettings: strict),
        .target(name: "Trees", dependencies: ["Plan", "Syscalls"], swiftSettings: strict),
        .target(
            name: "Overlays", dependencies: ["Plan", "Syscalls", "Trees"], swiftSettings: strict),
        .target(name: "Mounts", dependencies: ["Plan", "Syscalls"], swiftSettings: strict),
        .target(
            name: "Volumes", dependencies: ["Plan", "Syscalls", "Trees"], swiftSettings: strict),
        .target(
            name: "Cgroups", dependencies: ["CSystemd", "Plan", "Syscalls"], swiftSettings: strict),
        .target(
            name: "Capabilities", dependencies: ["CCapability", "Plan"], swiftSettings: strict),
        .target(
            name: "Seccomp", dependencies: ["CJansson", "CSeccomp", "Plan", "Syscalls"],
            swiftSettings: strict),

        // Programs in the kernel: what filters deny, and what a command uses.
        .target(name: "Tracing", dependencies: ["Plan", "Syscalls"], swiftSettings: strict),

        .target(name: "JSONTree", dependencies: ["CJansson", "Plan"], swiftSettings: strict),
        .target(
            name: "EventLoop", dependencies: ["CSystemdEvents", "Syscalls"], swiftSettings: strict),
        .target(
            name: "SupervisorInterface", dependencies: ["JSONTree", "Plan"], swiftSettings: pure),
        .target(
            name: "VarlinkWire", dependencies: ["JSONTree", "Plan", "Syscalls"],
            swiftSettings: strict),
        .target(
            name: "Varlink",
            dependencies: ["EventLoop", "JSONTree", "Plan", "Syscalls", "VarlinkWire"],
            swiftSettings: strict),

        // Hashes and signatures, by OpenSSL.
        .target(name: "Crypto", dependencies: ["CCrypto", "Plan"], swiftSettings: strict),

        // What sessions show and are given, as the recorder between them writes it.
        .target(
            name: "Recording", dependencies: ["Crypto", "JSONTree", "Plan", "Syscalls"],
            swiftSettings: strict),

        // Durable state, and its record.
        .target(
            name: "Ledger", dependencies: ["Audit", "CSQLite", "Crypto", "Plan", "Syscalls"],
            swiftSettings: strict),
        .target(
            name: "JournalAccess", dependencies: ["CSystemdJournal", "Syscalls"],
            swiftSettings: strict),
        .target(
            name: "LogReading", dependencies: ["JournalAccess", "Plan", "Syscalls"],
            swiftSettings: strict),
        .executableTarget(
            name: "bulkhead-logs", dependencies: ["LogReading", "Plan", "Syscalls"],
            swiftSettings: strict),
        // The audit trail, read back: from the journal's files or from an export.
        .target(
            name: "AuditReading", dependencies: ["Audit", "JournalAccess", "Plan", "Syscalls"],
            swiftSettings: strict + countless),
        .executableTarget(
            name: "bulkhead-audit",
            dependencies: [
                "Audit", "AuditReading", "AuditReview", "AuditVerification", "Crypto", "Plan",
                "Presentation", "Recording", "Syscalls",
            ], swiftSettings: strict),
        .executableTarget(
            name: "bulkhead-storage",
            dependencies: ["Overlays", "Plan", "Syscalls", "Trees", "Volumes"],
            swiftSettings: strict),
        .target(
            name: "Journal", dependencies: ["Audit", "Plan", "Supervision", "Syscalls"],
            swiftSettings: strict),

        .target(
            name: "Launch",
            dependencies: [
                "Capabilities", "Cgroups", "Control", "Mounts", "Namespaces", "Plan", "Seccomp",
                "Syscalls",
            ], swiftSettings: strict),
        .target(
            name: "Configuration", dependencies: ["CYAML", "Plan", "Scheduling", "Syscalls"],
            swiftSettings: strict),
        .target(
            name: "Doctor", dependencies: ["Cgroups", "Plan", "Seccomp", "Syscalls", "Tracing"],
            swiftSettings: strict),
        .target(
            name: "Scenarios", dependencies: ["Configuration", "Plan", "Scheduling", "Simulation"],
            swiftSettings: strict),
        .executableTarget(
            name: "bulkhead-simulate",
            dependencies: [
                "Arguments", "Configuration", "Plan", "Scenarios", "Scheduling", "Simulation",
                "Syscalls",
            ], swiftSettings: strict),
        .target(name: "Discovery", dependencies: ["Plan", "Syscalls"], swiftSettings: strict),
        .target(
            name: "LineEditing", dependencies: ["CEditLine", "Plan", "Syscalls"],
            swiftSettings: strict),
        .target(
            name: "Client",
            dependencies: [
                "Arguments", "JSONTree", "Launch", "Plan", "SupervisorInterface", "Syscalls",
                "VarlinkWire",
            ], swiftSettings: strict),
        .executableTarget(
            name: "bulkhead",
            dependencies: [
                "Arguments", "Cgroups", "Client", "Discovery", "Doctor", "JSONTree", "Launch",
                "LineEditing", "Plan", "Policy", "Presentation", "Seccomp", "Syscalls", "Tracing",
            ],
            swiftSettings: strict),

        // Limits that were met, and why things end. (The toolchain has a module called Observation.)
        .target(
            name: "Observing", dependencies: ["Cgroups", "Plan", "Syscalls"],
            swiftSettings: strict),

        .executableTarget(
            name: "bulkheadd",
            dependencies: [
                "Audit", "Cgroups", "Configuration", "Control", "Crypto", "EventLoop", "JSONTree",
                "Journal", "Launch",
                "Ledger", "Mounts", "Observing", "Overlays", "Plan", "Policy", "Probing", "Quotas",
                "Recording", "Scheduling", "Seccomp", "Supervision", "SupervisorInterface",
                "Syscalls",
                "Tracing",
                "Trees", "Varlink", "Volumes",
            ],
            swiftSettings: strict),

        // Only scripts/bench builds it by name.
        .executableTarget(
            name: "schedule-bench", dependencies: ["Plan", "Scheduling", "Testbed"],
            path: "Benchmarks/schedule/program", swiftSettings: tested),

        .executableTarget(
            name: "audit-append-bench",
            dependencies: ["Audit", "Crypto", "Ledger", "Plan", "Syscalls"],
            path: "Benchmarks/audit/append", swiftSettings: tested,
            linkerSettings: [.linkedLibrary("m")]),
        // Only scripts/bench and scripts/soak build them by name.
        .executableTarget(
            name: "audit-bench",
            dependencies: ["Audit", "Crypto", "Syscalls", "Testbed", "TrailMaking"],
            path: "Benchmarks/audit/bench", swiftSettings: tested),
        .executableTarget(
            name: "audit-soak",
            dependencies: ["AuditVerification", "Syscalls", "Testbed", "TrailMaking"],
            path: "Benchmarks/audit/soak", swiftSettings: tested),

        // What tests share.
        .target(
            name: "TrailMaking",
            dependencies: [
                "Audit", "AuditReading", "AuditVerification", "Crypto", "Plan", "Syscalls",
                "Testbed",
            ], path: "Tests/TrailMaking", swiftSettings: tested + fast),
        .target(name: "CTesting", path: "Tests/CTesting", cSettings: gnu),
        .target(
            name: "Testbed", dependencies: ["CTesting", "Syscalls"], path: "Tests/Testbed",
            swiftSettings: tested),

        .testTarget(
            name: "CgroupsTests", dependencies: ["CSystemd", "Cgroups", "Plan", "Syscalls"],
            swiftSettings: tested),
        .testTarget(
            name: "EventLoopTests", dependencies: ["EventLoop", "Syscalls"], swiftSettings: tested),
        .testTarget(
            name: "VarlinkTests",
            dependencies: [
                "EventLoop", "JSONTree", "Plan", "SupervisorInterface", "Syscalls", "Testbed",
                "Varlink", "VarlinkWire",
            ], swiftSettings: tested),
        .testTarget(
            name: "JSONTreeTests", dependencies: ["JSONTree", "Plan"], swiftSettings: tested),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: ["Configuration", "Plan", "Scheduling", "Syscalls", "Testbed"],
            swiftSettings: tested),
        .testTarget(name: "PlanTests", dependencies: ["Plan", "Testbed"], swiftSettings: tested),
        .testTarget(
            name: "SupervisionTests", dependencies: ["Plan", "Supervision", "Syscalls", "Testbed"],
            swiftSettings: tested),
        .testTarget(
            name: "ObservingTests", dependencies: ["Cgroups", "Observing", "Plan", "Syscalls"],
            swiftSettings: tested),
        .testTarget(name: "ProbingTests", dependencies: ["Probing"], swiftSettings: tested),
        .testTarget(
            name: "QuotasTests", dependencies: ["Plan", "Quotas", "Testbed"], swiftSettings: tested),
        .testTarget(
            name: "SchedulingTests", dependencies: ["Plan", "Scheduling", "Testbed"],
            swiftSettings: tested + fast),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Configuration", "JSONTree", "Plan", "Presentation", "Scenarios", "Scheduling",
                "Simulation", "Supervision", "Syscalls", "Testbed",
            ], swiftSettings: tested),
        .testTarget(
            name: "JournalTests",
            dependencies: ["Audit", "Journal", "Plan", "Supervision", "Syscalls", "Testbed"],
            swiftSettings: tested),
        .testTarget(
            name: "AuditTests", dependencies: ["Audit", "Crypto", "Plan", "Syscalls"],
            swiftSettings: tested),
        .testTarget(
            name: "AuditReadingTests",
            dependencies: ["Audit", "AuditReading", "Plan", "Syscalls", "Testbed", "TrailMaking"],
            swiftSettings: tested),
        .testTarget(
            name: "AuditVerificationTests",
            dependencies: [
                "Audit", "AuditVerification", "Crypto", "Plan", "Testbed", "TrailMaking",
            ], swiftSettings: tested),
        .testTarget(
            name: "LogReadingTests", dependencies: ["LogReading", "Plan", "Syscalls"],
            swiftSettings: tested),
        .executableTarget(
            name: "ledger-writer", dependencies: ["Ledger", "Plan", "Syscalls"],
            path: "Tests/LedgerWriter", swiftSettings: tested),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "ledger-writer", "Audit", "CSQLite", "Crypto", "Ledger", "Plan", "Syscalls",
                "Testbed",
            ],
            swiftSettings: tested),
        .testTarget(
            name: "ControlTests", dependencies: ["Control", "Testbed"], swiftSettings: tested),
        .testTarget(
            name: "PolicyTests", dependencies: ["Plan", "Policy"], swiftSettings: tested),
        .testTarget(
            name: "SyscallsTests", dependencies: ["Syscalls", "Testbed"], swiftSettings: tested),
        .testTarget(
            name: "NamespacesTests", dependencies: ["Namespaces", "Plan", "Syscalls", "Testbed"],
            swiftSettings: tested),
        .testTarget(
            name: "OverlaysTests",
            dependencies: ["Overlays", "Plan", "Syscalls", "Testbed", "Trees"],
            swiftSettings: tested),
        .testTarget(
            name: "MountsTests",
            dependencies: ["Mounts", "Namespaces", "Plan", "Syscalls", "Testbed"],
            swiftSettings: tested),
        .testTarget(
            name: "VolumesTests", dependencies: ["Plan", "Volumes"], swiftSettings: tested),
        .testTarget(
            name: "LaunchTests",
            dependencies: [
                "Cgroups", "Control", "Launch", "Plan", "Seccomp", "Syscalls", "Testbed",
            ],
            swiftSettings: tested),
        .testTarget(
            name: "RecordingTests", dependencies: ["JSONTree", "Recording", "Syscalls", "Testbed"],
            swiftSettings: tested),
        .testTarget(
            name: "DiscoveryTests", dependencies: ["Discovery", "Plan", "Syscalls", "Testbed"],
            swiftSettings: tested),
        .testTarget(
            name: "PresentationTests", dependencies: ["JSONTree", "Presentation"],
            swiftSettings: tested),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Cgroups", "Control", "Launch", "Mounts", "Plan", "Policy", "Seccomp", "Syscalls",
                "Testbed",
            ],
            swiftSettings: tested),
        .testTarget(
            name: "ArgumentsTests", dependencies: ["Arguments", "Audit", "Plan", "Syscalls"],
            swiftSettings: tested),
        .testTarget(
            name: "AuditReviewTests",
            dependencies: ["Audit", "AuditReview", "Crypto", "Plan", "Presentation", "Syscalls"],
            swiftSettings: tested),
        .testTarget(
            name: "DoctorTests",
            dependencies: ["Cgroups", "Doctor", "Plan", "Seccomp", "Syscalls", "Tracing"],
            swiftSettings: tested),
        .testTarget(
            name: "TracingTests", dependencies: ["Plan", "Syscalls", "Tracing"],
            swiftSettings: tested),
        .testTarget(
            name: "SeccompTests", dependencies: ["Plan", "Seccomp", "Syscalls", "Testbed"],
            swiftSettings: tested),
    ]
)
