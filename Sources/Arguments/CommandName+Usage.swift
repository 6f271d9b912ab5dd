extension CommandName {
    /// The ways to write it, without `bulkhead` in front.
    public var synopses: [String] {
        switch self {
        case .run:
            [
                "run [OPTION]… [--] COMMAND [ARG]…",
                "run -p PROJECT [OPTION]… TASK [ARG]…",
                "run -p PROJECT [OPTION]… -- COMMAND [ARG]…",
            ]
        case .doctor: ["doctor [--json]"]
        case .profile:
            [
                "profile list", "profile show [--json] NAME|FILE", "profile check NAME|FILE…",
                "profile learn [OPTION…] NAME -- COMMAND [ARG]…",
                "profile diff [--json] NAME|FILE [NAME|FILE]",
                "profile canary [--reason TEXT] NAME", "profile enforce [--reason TEXT] NAME",
                "profile allow --reason TEXT NAME CALL…",
            ]
        case .register: ["register NAME PATH"]
        case .discover: ["discover [--yes] [--depth N] [PATH]…"]
        case .config:
            [
                "config check [DIR]", "config diff", "config apply [--plan]",
                "config history [-n N]", "config rollback [--plan] VERSION",
            ]
        case .projects: ["projects [--names]"]
        case .status: ["status [--names] [PROJECT[/SERVICE] | COMPONENT]"]
        case .ps, .watch, .storage: ["\(rawValue) [PROJECT]"]
        case .audit:
            [
                "audit [OPTION]…",
                "audit report --since TIME [OPTION]…",
                "audit verify [OPTION]…", "audit recordings [OPTION]…",
                "audit play [OPTION]… FILE", "audit key [--state DIR]",
            ]
        case .explain: ["explain PROJECT[/WORKLOAD]", "explain RUN"]
        case .stats: ["stats [-f] [--interval TIME] [PROJECT]"]
        case .top: ["top [--once] [--sort KEY] [--interval TIME] [PROJECT]"]
        case .simulate: ["simulate [OPTION]… SCENARIO"]
        case .quota:
            [
                "quota show [PROJECT[/WORKLOAD]]",
                "quota set (PROJECT[/WORKLOAD]… --LIMIT VALUE…)…",
                "quota move --LIMIT VALUE… FROM TO",
                "quota reset PROJECT[/WORKLOAD] [LIMIT]…", "quota history [-n N] [PROJECT]",
            ]
        case .schedule:
            [
                "schedule show", "schedule strategy NAME|PROGRAM|default",
                "schedule history [-n N] [PROJECT]", "schedule samples [-n N]",
            ]
        case .optimize: ["optimize [--plan]"]
        case .why: ["why PROJECT"]
        case .advise: ["advise [PROJECT]"]
        case .queue: ["queue"]
        case .runs: ["runs [-n N] [PROJECT]"]
        case .logs: ["logs [-f] [-n N] [--since TIME] [PROJECT[/WORKLOAD]]"]
        case .start, .stop, .restart:
            ["\(rawValue) [--no-wait | --timeout TIME] PROJECT[/SERVICE]"]
        case .pause, .resume, .maintain, .archive: ["\(rawValue) PROJECT"]
        case .remove: ["remove [--with-storage] PROJECT"]
        case .exec: ["exec PROJECT [OPTION]… [--] COMMAND [ARG]…"]
        case .attach: ["attach PROJECT[/WORKLOAD]"]
        case .kill: ["kill [--signal SIGNAL] [--whole] PROJECT[/WORKLOAD]"]
        case .diff: ["diff PROJECT"]
        case .commit: ["commit [--force] PROJECT [PATH]…"]
        case .discard: ["discard PROJECT PATH…", "discard --yes PROJECT"]
        case .snapshot:
            [
                "snapshot create PROJECT [NAME]", "snapshot list PROJECT",
                "snapshot restore PROJECT NAME", "snapshot remove PROJECT NAME",
            ]
        case .rescue: ["rescue PROJECT [[--] COMMAND [ARG]…]"]
        case .shell: ["shell"]
        case .completion: ["completion bash|zsh|fish"]
        case .version: ["version"]
        case .help: ["help [COMMAND]"]
        }
    }

    /// Command lines worth copying; at least one.
    public var examples: [String] {
        switch self {
        case .run:
            [
                "bulkhead run -- make test",
                "bulkhead run --memory 2G --cpu 4 --ro ~/.cache/ccache -- ninja -C build",
                "bulkhead run --tty --interactive --time-limit 30m -- bash",
                "bulkhead run -p shop -- make test",
            ]
        case .doctor: ["bulkhead doctor"]
        case .profile:
            [
                "bulkhead profile list", "bulkhead profile show default",
                "bulkhead profile check ./mine.json",
                "bulkhead profile learn tests -- make test",
                "bulkhead profile diff tests",
                "bulkhead profile allow tests ptrace --reason \"gdb in tests\"",
            ]
        case .register: ["bulkhead register shop /srv/shop"]
        case .discover: ["bulkhead discover /srv /home", "bulkhead discover --yes --depth 1 /srv"]
        case .config:
            ["bulkhead config check", "bulkhead config apply --plan", "bulkhead config rollback 3"]
        case .projects: ["bulkhead projects"]
        case .status: ["bulkhead status shop", "bulkhead status ledger"]
        case .ps: ["bulkhead ps shop"]
        case .runs: ["bulkhead runs -n 20 shop"]
        case .logs: ["bulkhead logs -f shop/web", "bulkhead logs --since 10m shop"]
        case .watch: ["bulkhead watch shop"]
        case .audit:
            [
                "bulkhead audit --project shop --event control.* --since 1d",
                "bulkhead audit --actor alice -f", "bulkhead audit report --since 7d",
                "bulkhead audit verify --journal day.export --public-key public.pem",
            ]
        case .explain: ["bulkhead explain shop/web", "bulkhead explain 1742"]
        case .stats: ["bulkhead stats shop", "bulkhead stats --json --follow"]
        case .top: ["bulkhead top", "bulkhead top --once --sort memory"]
        case .simulate:
            [
                "bulkhead simulate office.yaml",
                "bulkhead simulate office.yaml --strategy static --memory-scale 0.5",
                "bulkhead simulate office.yaml --csv office.csv",
            ]
        case .quota:
            [
                "bulkhead quota show shop", "bulkhead quota set shop --memory 2G --for 1h",
                "bulkhead quota set shop/web --memory 1G api --cpu 2 --pids 300",
                "bulkhead quota move --memory 512M shop api",
                "bulkhead quota reset shop memory",
            ]
        case .schedule:
            [
                "bulkhead schedule show", "bulkhead schedule strategy priority_based",
                "bulkhead schedule history shop", "bulkhead schedule samples -n 10000",
            ]
        case .optimize: ["bulkhead optimize --plan"]
        case .why: ["bulkhead why shop"]
        case .advise: ["bulkhead advise", "bulkhead advise shop"]
        case .queue: ["bulkhead queue"]
        case .start, .stop, .restart:
            ["bulkhead \(rawValue) shop", "bulkhead \(rawValue) shop/web"]
        case .pause, .resume, .maintain, .archive, .remove: ["bulkhead \(rawValue) shop"]
        case .exec: ["bulkhead exec shop -- make test", "bulkhead exec shop -ti -- bash"]
        case .attach: ["bulkhead attach shop/console"]
        case .kill: ["bulkhead kill --signal HUP shop/web", "bulkhead kill --whole shop/build-17"]
        case .storage: ["bulkhead storage", "bulkhead storage shop"]
        case .diff: ["bulkhead diff shop"]
        case .commit: ["bulkhead commit shop", "bulkhead commit shop src docs/index.md"]
        case .discard: ["bulkhead discard shop node_modules", "bulkhead discard --yes shop"]
        case .snapshot:
            [
                "bulkhead snapshot create shop before-upgrade",
                "bulkhead snapshot restore shop before-upgrade",
            ]
        case .rescue: ["bulkhead rescue shop", "bulkhead rescue shop -- rm -r cache"]
        case .shell: ["bulkhead shell"]
        case .completion: ["source <(bulkhead completion bash)"]
        case .version: ["bulkhead version"]
        case .help: ["bulkhead help run"]
        }
    }

    /// What its exit status means, in lines of at most 80 columns; nil: 0, and 2 for bad arguments.
    public var statusText: String? {
        switch self {
        case .run, .exec, .attach, .rescue:
            """
              the command's own; 125 Bulkhead failed; 126 the command cannot be executed;
              127 it was not found; 128+N signal N killed it (137: also when a limit did,
              and a line on standard error says which)

            """
        case .doctor: "  0 'bulkhead run' works here; 1 it would be refused\n"
        case .quota:
            """
              0 done; 1 refused or failed, or (show) a limit that is configured is not in
              force; 2 the arguments make no sense; 3 (show) no such project; 4 the
              supervisor cannot be reached

            """
        case .audit:
            """
              0 done, and (verify, recordings) all is as it was written; 1 it is not, or
              (otherwise) it cannot be read; 2 the arguments make no sense, or
              (verify, recordings) it could not be read whole, or (verify) nothing is there
              to verify, or there is no public key and no --no-signatures

            """
        case .simulate: "  0 done; 1 the scenario is refused; 2 the arguments make no sense\n"
        case .profile:
            """
              0 all is well; 1 a profile is missing or wrong, or was not changed; 2 the
              arguments make no sense

            """
        case _ where asksSupervisor:
            """
              0 done; 1 refused or failed; 2 the arguments make no sense; 3 no such project,
              service or run; 4 the supervisor cannot be reached; 5 not done in time

            """
        default: nil
        }
    }

    /// What its operands are, in order; the last one may be there more than once.
    public var operands: [WordKind] {
        switch self {
        case .run: [.program]
        case .profile:
            [
                .choices([
                    "list", "show", "check", "learn", "diff", "canary", "enforce", "allow",
                ]), .profile,
            ]
        case .register: [.nothing, .directory]
        case .discover: [.directory]
        case .config: [.choices(ConfigurationAction.names), .directory]
        case .ps, .runs, .watch, .pause, .resume, .maintain, .archive, .remove, .stats, .top,
            .storage:
            [.project]
        case .status, .logs, .start, .stop, .restart, .attach, .kill, .explain: [.workload]
        case .audit: [.choices(AuditRequest.verbs)]
        case .quota: [.choices(QuotaAction.names), .workload]
        case .schedule: [.choices(ScheduleAction.names), .nothing]
        case .why, .advise: [.project]
        case .optimize, .queue: []
        case .exec, .rescue: [.project, .program]
        case .diff: [.project]
        case .commit, .discard: [.project, .nothing]
        case .snapshot: [.choices(StorageRequest.snapshotActions), .project, .nothing]
        case .completion: [.choices(Invocation.Shell.allCases.map(\.rawValue))]
        case .help: [.choices(CommandName.allCases.map(\.rawValue))]
        case .simulate: [.file]
        case .doctor, .projects, .shell, .version: []
        }
    }

    /// How many operands there are before all that follows belongs to the last of them: where a
    /// program's own options begin.
    var operandsBeforeProgram: Int? {
        switch self {
        case .run: 1
        case .exec, .rescue: 2
        default: nil
        }
    }
}
