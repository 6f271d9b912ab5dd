public import Audit
public import Crypto
import Plan
public import Testbed

/// An entry as a journal keeps it, which can be changed.
public struct MadeEntry: Hashable {
    public var fields: [(name: String, value: [UInt8])]
    public var realtime: UInt64

    public init(fields: [(name: String, value: [UInt8])], realtime: UInt64) {
        self.fields = fields
        self.realtime = realtime
    }

    public func text(_ name: String) -> String? {
        fields.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }

    public mutating func set(_ name: String, _ text: String) {
        if let index = fields.firstIndex(where: { $0.name == name }) {
            fields[index].value = Array(text.utf8)
        } else {
            fields.append((name, Array(text.utf8)))
        }
    }

    /// Hashes what it says, as whoever changes a record would.
    public mutating func hashAgain(_ digest: Digest) {
        var bytes: [UInt8] = []
        for field in fields.filter({ AuditField.isChained($0.name) })
            .sorted(by: { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) })
        {
            AuditRecord.append(field.name.utf8, field.value, to: &bytes)
        }
        set(AuditField.hash, hexadecimal(digest.hash(bytes)))
    }

    public var sequence: UInt64 { UInt64(text(AuditField.sequence) ?? "") ?? 0 }

    /// As `journalctl -o export` writes it.
    public var exported: [UInt8] {
        var bytes = Array("__REALTIME_TIMESTAMP=\(realtime)\n__MONOTONIC_TIMESTAMP=5\n".utf8)
        for (name, value) in fields {
            bytes += name.utf8
            if value.contains(where: { $0 < 32 && $0 != 9 }) {
                bytes.append(10)
                var count = UInt64(value.count)
                for _ in 0..<8 {
                    bytes.append(UInt8(truncatingIfNeeded: count))
                    count >>= 8
                }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += value
            bytes.append(10)
        }
        bytes.append(10)
        return bytes
    }

    public static func == (one: MadeEntry, other: MadeEntry) -> Bool {
        one.realtime == other.realtime && one.fields.elementsEqual(other.fields) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(realtime) }
}

/// Writes the records of one supervisor as journald would have them.
public struct TrailMaker {
    public let digest: Digest
    public var key: SigningKey { didSet { keyID = key.publicKey.name(digest) } }
    public private(set) var keyID: String
    public private(set) var entries: [MadeEntry] = []
    public private(set) var anchors: [String] = []
    public let chain: String
    public var boot: String
    public var machine: String
    public var pid = 700
    public var at: Int64 = 1_790_000_000_000_000
    public private(set) var sequence: UInt64 = 0
    private var previous = AuditHash.none
    private var runs: UInt64 = 0
    private var open: [(project: ProjectName, run: RunID)] = []

    public init(
        chain: String, machine: String = "6f0c4d1a2b3c4d5e8f9a0b1c2d3e4f50", key: SigningKey? = nil
    ) throws {
        digest = try Digest()
        self.key = try key ?? SigningKey()
        keyID = self.key.publicKey.name(digest)
        self.chain = chain
        self.machine = machine
        boot = "00000000000000000000000000000001"
    }

    /// Appends a record; its index.
    @discardableResult
    public mutating func add(_ entry: AuditEntry) -> Int {
        sequence += 1
        at += 1_000
        let record = AuditRecord(
            entry, chain: chain, sequence: sequence, previous: previous, at: at)
        let hash = AuditHash(bytes: digest.hash(record.bytes))
        previous = hash
        var fields: [(name: String, value: [UInt8])] = []
        for field in AuditRecord.fields(of: record.bytes) ?? [] {
            fields.append((field.name, field.value))
        }
        fields.append((AuditField.hash, Array(hash.text.utf8)))
        for (name, value) in trusted { fields.append((name, Array(value.utf8))) }
        entries.append(MadeEntry(fields: fields, realtime: UInt64(at + 300)))
        return entries.count - 1
    }

    private var trusted: [(String, String)] {
        [
            ("_TRANSPORT", "journal"), ("_PID", String(pid)), ("_UID", "0"), ("_GID", "0"),
            ("_COMM", "bulkheadd"), ("_EXE", "/usr/sbin/bulkheadd"),
            ("_CMDLINE", "/usr/sbin/bulkheadd"), ("_CAP_EFFECTIVE", "1ffffffffff"),
            ("_SELINUX_CONTEXT", "unconfined"),
            ("_SYSTEMD_CGROUP", "/system.slice/bulkhead.service"),
            ("_SYSTEMD_UNIT", "bulkhead.service"), ("_SYSTEMD_SLICE", "system.slice"),
            ("_SYSTEMD_INVOCATION_ID", "8d2f5c0b7a9e4f13a6b5c4d3e2f10987"), ("_BOOT_ID", boot),
            ("_MACHINE_ID", machine), ("_HOSTNAME", "shared"), ("_RUNTIME_SCOPE", "system"),
        ]
    }

    public mutating func head() throws {
        let statement = AuditStatement(
            chain: chain, sequence: sequence, hash: previous, at: at + 1_000, key: keyID)
        let signature = try key.sign(Array(statement.text.utf8))
        anchors.append(statement.line(signature: signature))
        add(
            AuditEntry(
                .auditHead, "The head of the chain is signed",
                details: [
                    (AuditField.headSequence, String(sequence)),
                    (AuditField.headHash, previous.text), (AuditField.headKey, keyID),
                    (AuditField.signature, hexadecimal(signature)),
                ] + Self.cadence))
    }

    /// A record from outside of the last one that there is.
    public mutating func anchor() throws {
        let statement = AuditStatement(
            chain: chain, sequence: sequence, hash: previous, at: at, key: keyID)
        anchors.append(statement.line(signature: try key.sign(Array(statement.text.utf8))))
    }

    /// Something such as happens, of the kinds that come most.
    public mutating func anything(_ random: inout Seeded) throws {
        let project = try ProjectName(random.pick(["shop", "api-gw", "ml", "blog"]))
        let origin = AuditOrigin(
            via: .cli, user: 1_000 + UInt32(random.below(4)), group: 1_000, loginUser: 1_000,
            pid: 4_000, unit: "session-4.scope", name: random.pick(["ana", "bo", "chi"]),
            reason: random.oneIn(3) ? "because\nof the \u{0}load" : "deploy")
        switch random.below(5) {
        case 0:
            runs += 1
            let run = RunID(rawValue: runs)
            let workload = try WorkloadName("build-\(runs)")
            add(
                AuditEntry(
                    .runStarted, "run \(runs) started", project: project, workload: workload,
                    run: run, details: [(AuditField.command, "make -j 8 all")]))
            if !random.oneIn(4) {
                add(
                    AuditEntry(
                        .runEnded, "run \(runs) ended: exit status 0", project: project,
                        workload: workload, run: run, details: [(AuditField.cause, "exited")]))
            } else {
                open.append((project, run))
            }
        case 1:
            add(
                AuditEntry(
                    .controlQuotaSet, "quota set memory.max 2G asked for by ana: accepted",
                    project: project, origin: origin,
                    details: [
                        (AuditField.result, "accepted"),
                        (AuditField.request, "quota set shop memory.max 2G"),
                    ]))
        default:
            add(
                AuditEntry(
                    random.pick([.serviceReady, .memoryHigh, .projectReady, .controlStart]),
                    "something happened that an operator wants to know of, and what it was",
                    project: project, workload: try WorkloadName("web"), origin: origin,
                    details: [(AuditField.cause, "memory.high was reached 17 times")]))
        }
    }

    /// The supervisor starts, in this boot or in a new one.
    ///
    /// - Parameter lost: the index of the last entry, which journald had lost when the one before was killed:
    ///   it is sent once more before all that comes now.
    public mutating func start(boot: String? = nil, lost: Int? = nil) throws {
        pid += 100
        if let boot { self.boot = boot }
        if let lost { republish(lost) }
        add(AuditEntry(.supervisorStarted, "bulkheadd has started", details: Self.cadence))
        if boot != nil {
            for (project, run) in open {
                add(
                    AuditEntry(
                        .runEnded, "run \(run) ended with the machine", project: project, run: run,
                        details: [(AuditField.cause, "boot")]))
            }
            open = []
        }
        var adopted: Set<String> = []
        for (project, _) in open where adopted.insert(project.text).inserted {
            add(AuditEntry(.sandboxAdopted, "the sandbox was taken over", project: project))
        }
        add(AuditEntry(.supervisorReconciled, "took over all"))
    }

    static let cadence = [
        (name: AuditField.signEveryRecords, value: "1000"),
        (name: AuditField.signEvery, value: "60000000"),
    ]

    /// Gives away what there is, to go on with less.
    public mutating func take() -> [MadeEntry] {
        defer { entries = [] }
        return entries
    }

    /// Sends an entry once more, behind the others.
    public mutating func republish(_ index: Int) {
        var entry = entries.remove(at: index)
        entry.set(AuditField.republished, "1")
        entry.set("_BOOT_ID", boot)
        entry.realtime = UInt64(at + 400)
        entries.append(entry)
    }
}
