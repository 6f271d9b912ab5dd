internal import Plan
internal import Recording

/// The command line of bulkheadd.
struct DaemonOptions: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case supervise, check, help, version, makeAuditKey
        /// Ourselves as a helper: these words are an order.
        case volume([String])
        case record(RecorderOrder)
        /// Of this file.
        case digest(String)
    }

    var action = Action.supervise
    /// Where `bulkhead.yaml` and `projects.d` are.
    var configuration = "/etc/bulkhead"
    /// Where the ledger is.
    var state = "/var/lib/bulkhead"
    /// Where the control socket and the sandboxes' sockets are.
    var run = "/run/bulkhead"
    /// A cgroup directory to work below in place of systemd's or our own.
    var cgroupParent: String?
    /// For `--check`: one JSON value in place of text.
    var json = false

    var controlSocket: String { run + "/control.sock" }
    var sandboxes: String { run + "/sandboxes" }
    /// Of sessions.
    var recordings: String { state + "/recordings" }

    init() {}

    init(parsing arguments: [String]) throws(InvalidValue) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--volume":
                action = .volume(Array(rest))
                return
            case "--record":
                guard let order = RecorderOrder(words: Array(rest)) else {
                    throw InvalidValue("--record", "", "is for the supervisor itself")
                }
                action = .record(order)
                return
            case "--digest":
                action = .digest(try Self.path(&rest, for: argument))
                return
            case "--check": action = .check
            case "--make-audit-key": action = .makeAuditKey
            case "--json": json = true
            case "--help", "-h": action = .help
            case "--version": action = .version
            case "--config": configuration = try Self.path(&rest, for: argument)
            case "--state": state = try Self.path(&rest, for: argument)
            case "--run": run = try Self.path(&rest, for: argument)
            case "--cgroup-parent": cgroupParent = try Self.path(&rest, for: argument)
            default:
                throw InvalidValue(
                    "argument", argument, "is not known",
                    hint: nearest(to: argument, in: Self.known).map { "did you mean \($0)?" }
                        ?? "see bulkheadd --help")
            }
        }
        if json && action == .supervise {
            throw InvalidValue("--json", "", "goes with --check", hint: "see bulkheadd --help")
        }
    }

    private static let known = [
        "--cgroup-parent", "--check", "--config", "--help", "--json", "--make-audit-key", "--run",
        "--state", "--version",
    ]

    private static func path(
        _ rest: inout ArraySlice<String>, for option: String
    ) throws(InvalidValue) -> String {
        guard let text = rest.popFirst() else {
            throw InvalidValue(
                option, "", "needs a directory", hint: "for example \(option) /srv/x")
        }
        return try PlainPath(onHost: text, base: nil, for: option).text
    }

    static let help = """
        bulkheadd: keeps the projects of this machine running, each in a sandbox of its own

        Usage: bulkheadd [OPTION…]

        It is normally started by systemd as bulkhead.service. Sandboxes outlive it: when it is
        stopped, killed or upgraded they keep running, and the next bulkheadd takes them over.

        Options:
          --check               check the configuration, say what is wrong with it, and exit
          --json                with --check: print one JSON value
          --make-audit-key      make the key that signs the audit trail, if there is none, print the
                                public half, and exit
          --config DIR          bulkhead.yaml and projects.d/*.yaml (default /etc/bulkhead)
          --state DIR           the ledger (default /var/lib/bulkhead)
          --run DIR             control.sock and the sandboxes' sockets (default /run/bulkhead)
          --cgroup-parent DIR   work below this cgroup directory in place of systemd's slices
          --version             print the version and exit
          --help                print this and exit

        Signals: SIGHUP applies the configuration again; SIGTERM and SIGINT end the supervisor and
        leave the sandboxes running.

        See bulkheadd(8), bulkhead(1), bulkhead.yaml(5).

        """
}
