internal import Audit
internal import Configuration
internal import Crypto
internal import EventLoop
internal import Journal
internal import Ledger
internal import Plan
internal import Syscalls

/// The key that heads are signed with.
final class AuditKey {
    let key: SigningKey
    /// Of the public half.
    let name: String

    private static let directory = "audit"
    private static let privateName = "key.pem"
    private static let publicName = "public.pem"

    private init(_ key: SigningKey) throws(CryptoError) {
        self.key = key
        name = key.publicKey.name(try Digest())
    }

    /// As `load`, where `state` itself may be missing.
    static func make(below state: String) throws -> AuditKey {
        do { return try load(below: state) } catch let error as SystemCallError
            where error.errno == .ENOENT
        {
            // The ledger's place has rules of its own, and the ledger is made in it.
            _ = try LedgerStore(directory: state, boot: "")
            return try load(below: state)
        }
    }

    /// Reads the key below `state`, or makes one there: only root may read the private half, anybody who
    /// may come there the public one.
    static func load(below state: String) throws -> AuditKey {
        let parent = try Directory(opening: state, resolve: .noSymlinks)
        try make(in: parent)
        let directory = try Directory(
            opening: directory, at: parent.number, resolve: .noSymlinks)
        let given = try credential()
        let found = try given ?? read(in: directory, state)
        if found == nil { try refuseSecondKey(state) }
        let key = try found.map { try SigningKey(pem: $0) } ?? SigningKey()
        if found == nil {
            try directory.replaceFile(privateName, with: try key.pem(), mode: 0o600)
        }
        try keepFormer(of: key.publicKey, in: directory)
        try directory.replaceFile(publicName, with: try key.publicKey.pem(), mode: 0o644)
        return try AuditKey(key)
    }

    /// The public half of another key than before stays, as `public-NUMBER.pem`: what was signed with that key
    /// is to be verified with it.
    private static func keepFormer(of key: PublicKey, in directory: borrowing Directory) throws {
        let digest = try Digest()
        guard let file = try? open(publicName, at: directory.number, [.readOnly, .noFollow]),
            let pem = try? file.readAll(limit: 4_096), let former = try? PublicKey(pem: pem),
            former.bytes != key.bytes
        else { return }
        try directory.replaceFile("public-\(former.name(digest)).pem", with: pem, mode: 0o644)
    }

    /// Puts the public half where those may read it who may not come into the state directory: whoever may
    /// read the journal is to verify it.
    func publish(in run: String) throws {
        try Directory(opening: run, resolve: .noSymlinks).replaceFile(
            "audit-public.pem", with: try key.publicKey.pem(), mode: 0o644)
    }

    private static func make(in parent: borrowing Directory) throws(SystemCallError) {
        do throws(SystemCallError) {
            try parent.makeDirectory(directory, mode: 0o755)
        } catch {
            if error.errno == .EEXIST { return }
            throw error
        }
        try parent.synchronizeNames(beside: directory)
    }

    // MARK: Sealed

    /// What systemd has unsealed for us: systemd.exec(5), LoadCredentialEncrypted=.
    private static let credentialName = "bulkhead.audit-key"
    /// Where a key that is sealed lies: systemd.exec(5).
    private static let sealedPlaces = ["/etc", "/run", "/usr/lib"].map {
        "\($0)/credstore.encrypted/\(credentialName)"
    }

    /// The key that we were given; nil where we were given none.
    private static func credential() throws -> [UInt8]? {
        guard let place = environmentVariable("CREDENTIALS_DIRECTORY") else { return nil }
        let parent: Directory
        do throws(SystemCallError) {
            parent = try Directory(opening: place, resolve: .noSymlinks)
        } catch {
            if error.errno == .ENOENT { return nil }
            throw error
        }
        return try read(credentialName, in: parent, place)
    }

    /// A key that is sealed and was not given to us is no reason to make another: who has the public one would
    /// take what it signs for forged.
    private static func refuseSecondKey(_ state: String) throws {
        for path in sealedPlaces where (try? open(path, .path)) != nil {
            throw CryptoError(
                "the key of the audit trail is sealed in \(path) and was not given to this process",
                hint: "its public half is \(state)/\(directory)/\(publicName); start with: "
                    + "systemctl start bulkhead")
        }
    }

    /// Nil where there is none.
    private static func read(
        in directory: borrowing Directory, _ state: String
    ) throws -> [UInt8]? {
        try read(privateName, in: directory, "\(state)/\(self.directory)")
    }

    /// Nil where there is none; one that others could have read is refused.
    private static func read(
        _ name: String, in directory: borrowing Directory, _ place: String
    ) throws -> [UInt8]? {
        let file: FileDescriptor
        do throws(SystemCallError) {
            file = try open(name, at: directory.number, [.readOnly, .noFollow])
        } catch {
            if error.errno == .ENOENT { return nil }
            throw error
        }
        let status = try file.status()
        if status.kind != .regular || status.user != effectiveUserID()
            || status.permissions & 0o077 != 0
        {
            throw CryptoError(
                "\(place)/\(name) is not root's alone",
                hint: "others may have read it: take it away, and a new one is made")
        }
        return try file.readAll(limit: 4_096)
    }
}

/// Heads of the chain, signed so that nobody can make them anew.
extension AuditTrail {
    /// How often heads are signed, as records have it: whoever verifies knows by it how much may wait.
    var cadence: [(name: String, value: String)] {
        AuditEntry.cadence(settings)
    }

    func signSoon() {
        let tip = ledger.auditTip.sequence
        // A head that nothing follows needs no head.
        if tip <= signed || key == nil { return }
        if tip - signed >= UInt64(settings.signEveryRecords) {
            headTimer?.set(at: loop.now)
        } else if headTimer?.isEnabled != true {
            headTimer?.set(at: loop.now + Int64(settings.signEvery.count) * 1_000)
        }
    }

    /// Signs without waiting for more, but not before it is known that this chain goes on: what was signed of
    /// another one would be missed for ever by who keeps heads.
    func signNow() {
        if isChainKnown { sign() }
    }

    /// Signs what is there, if anything came since the last time.
    func sign(_ durability: Durability = .process) {
        guard let key, ledger.auditTip.sequence > signed else { return }
        let before = signed
        // What is added here is no reason to sign again.
        signed = UInt64.max
        var statement: AuditStatement?
        var signature: [UInt8] = []
        do throws(LedgerError) {
            statement = try ledger.transaction(durability) { changes throws(LedgerError) in
                try changes.appendHead(key: key.name, details: cadence) { statement in
                    guard let made = try? key.key.sign(Array(statement.text.utf8)) else {
                        return nil
                    }
                    signature = made
                    return made
                }
            }
        } catch { journal.report(error) }
        signed = statement == nil ? before : ledger.auditTip.sequence
        if let statement {
            anchors.put(statement.line(signature: signature), of: statement.sequence)
        }
    }
}

extension AuditEntry {
    static func cadence(_ settings: AuditSettings) -> [(name: String, value: String)] {
        [
            (AuditField.signEveryRecords, String(settings.signEveryRecords)),
            (AuditField.signEvery, String(settings.signEvery.count * 1_000)),
        ]
    }
}

extension Supervisor {
    /// A key that is another than the last time is told of, as what it signs must be verified with it.
    func noteKey(_ changes: borrowing LedgerChanges) throws(LedgerError) {
        guard let name = trail.key?.name else { return }
        let old = try ledger.auditKey()
        if old == name { return }
        try changes.setAuditKey(name)
        guard let old else { return }
        try changes.append(
            AuditEntry(
                .auditKey,
                "the audit trail is signed with the key \(name) from now on; it was \(old) before",
                details: [(AuditField.headKey, name), (AuditField.oldKey, old)]))
    }
}
