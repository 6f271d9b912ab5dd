internal import Configuration
internal import Crypto
internal import EventLoop
internal import JSONTree
internal import Journal
internal import Ledger
internal import Plan
internal import Recording
internal import Supervision
internal import SupervisorInterface
internal import Syscalls
internal import Varlink
internal import VarlinkWire
internal import Volumes

/// The program: reads its command line, then checks a configuration or supervises.
@main
struct Daemon {
    static func main() { endProgram(run()) }

    private static func run() -> Int32 {
        let options: DaemonOptions
        do throws(InvalidValue) {
            options = try DaemonOptions(parsing: try arguments())
        } catch {
            complain(error)
            return 2
        }
        switch options.action {
        case .help: return say(DaemonOptions.help)
        case .version: return say("bulkheadd \(version)\n")
        case .check: return check(options)
        case .makeAuditKey:
            do {
                let key = try AuditKey.make(below: options.state)
                return say(String(decoding: try key.key.publicKey.pem(), as: UTF8.self))
            } catch {
                complain(error)
                return 1
            }
        case .volume(let words): return workOnVolume(words)
        case .record(let order): return recordSession(order)
        case .digest(let path): return digest(path)
        case .supervise:
            do { return try supervise(options) } catch {
                complain(error)
                return needsPerson(error) ? 78 : 1
            }
        }
    }

    /// As the recorder of a session.
    private static func recordSession(_ order: RecorderOrder) -> Int32 {
        nameHelper()
        // Where there is too little memory, a session's end is a small loss.
        try? open("/proc/self/oom_score_adj", .writeOnly).writeAll("0")
        do throws(SystemCallError) { return try SessionRecorder(order).run() } catch {
            complain(error)
            return 1
        }
    }

    /// As a helper of a supervisor: the size of a recording, and its SHA-256.
    private static func digest(_ path: String) -> Int32 {
        nameHelper()
        do {
            let found = try Cast.digest(ofFile: path, Digest())
            return say("\(found.bytes) \(found.sha256)")
        } catch {
            complain(error)
            return 1
        }
    }

    /// For whoever looks at the processes of this machine: it was started as "exe".
    private static func nameHelper() {
        try? open("/proc/self/comm", .writeOnly).writeAll("bulkheadd")
    }

    /// As a helper of a supervisor: what went wrong is written for it.
    private static func workOnVolume(_ words: [String]) -> Int32 {
        guard let order = VolumeOrder(arguments: words) else { return 2 }
        nameHelper()
        // Volumes are for root; what is in them gets its permissions one by one.
        setFileModeMask(0o022)
        let fault = environmentVariable("BULKHEAD_VOLUME_FAULT").flatMap { Int($0) }
        var work = VolumeWork(order, faultPoint: fault)
        do throws(VolumeError) { try work.run() } catch {
            // Where nobody reads it any more, nobody waits for it either.
            try? write(allOf: Array(VolumeOutcome.text(of: error).utf8), to: 1)
            return 1
        }
        return 0
    }

    /// Whether trying again would change nothing: sysexits.h, EX_CONFIG. The unit does not, then.
    private static func needsPerson(_ error: any Error) -> Bool {
        switch error {
        case is ConfigurationError: return true
        case let error as LedgerError:
            switch error {
            case .corrupt, .newer, .foreign, .untrusted: return true
            case .inUse, .full, .readOnly, .conflict, .notFound, .tooLarge, .failed, .system:
                return false
            }
        default: return false
        }
    }

    private static func arguments() throws(InvalidValue) -> [String] {
        var result: [String] = []
        for position in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[position] else { break }
            guard let text = String(validatingCString: argument) else {
                throw InvalidValue("argument", String(cString: argument), "is not UTF-8")
            }
            result.append(text)
        }
        return result
    }

    // MARK: Supervising

    private static func supervise(_ options: DaemonOptions) throws -> Int32 {
        if effectiveUserID() != 0 {
            throw Failure.failed(
                "bulkheadd makes sandboxes, which takes root",
                hint: "start it with: systemctl start bulkhead")
        }
        // Nothing that a sandbox's policy does not grant may come of our umask.
        setFileModeMask(0o022)
        // A protection from the OOM killer that the unit gives us is for us, not for what we start.
        let host = try HostServices(options)
        try host.makeDirectories()
        let boot = try readFile("/proc/sys/kernel/random/boot_id").trimmed
        let ledger = try LedgerStore(directory: options.state, boot: boot)
        let loop = try Loop()
        let supervisor = try Supervisor.restored(options, loop, ledger, host)
        let key = try AuditKey.load(below: options.state)
        supervisor.trail.key = key
        try key.publish(in: options.run)

        try supervisor.listenToSignals()
        try loop.enableWatchdog()
        var server: VarlinkServer?
        var failure: (any Error)?
        try supervisor.begin {
            do { server = try listen(supervisor) } catch {
                failure = error
                loop.exit(1)
            }
        }
        let status = try loop.run()
        if let failure { throw failure }
        server?.stopListening()
        return status
    }

    /// Lets callers in.
    private static func listen(_ supervisor: Supervisor) throws -> VarlinkServer {
        let group = supervisor.host.group
        let server = try VarlinkServer(
            supervisor.loop, listening: supervisor.options.controlSocket, group: group ?? 0,
            service: try supervisor.service(),
            whenFull: VarlinkError(
                ControlInterface.ErrorName.failed,
                ["message": "too many callers", "hint": "try again in a moment"]),
            whenDenied: VarlinkError(
                ControlInterface.ErrorName.notPermitted,
                [
                    "message": .string(ControlInterface.denial),
                    "hint": .string(ControlInterface.denialHint),
                ])
        ) { peer in peer.user == 0 || group.map(peer.isMember) ?? false }
        server.onDenial = { supervisor.noteDenial(of: $0, wanting: $1) }
        server.onMismatch = {
            supervisor.journal.say($0, severity: .error, kind: "interface.broken")
        }
        server.onDeparture = { supervisor.detachTerminals(ofConnection: $0) }
        supervisor.serve(server)
        return server
    }
}

extension String {
    /// Without the newline that files of the kernel end with.
    var trimmed: String {
        utf8.last == UInt8(ascii: "\n") ? String(dropLast()) : self
    }
}
