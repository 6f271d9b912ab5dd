import Audit
public import AuditVerification
import Crypto
import Plan
public import Testbed

/// Something that is done to a trail that was true, and what has to be said of it.
public struct Mutation {
    public enum Kind: String, CaseIterable {
        case editByte, editAndHash, delete, deleteMany, insertCopy, insertOther, insertBeyond
        case sendForged, move, cutTail, swapBoots, spliceOther, replayHead, resign, unmark
        case forgeRest, forgeTail, addGap, insertBare, breakLink, hideCut
    }

    public let kind: Kind
    public internal(set) var entries: [MadeEntry]
    /// What was done, for whoever looks at a failure.
    public internal(set) var text = ""
    /// The numbers and the entries (from 1) of which one must be named, and by which findings.
    var numbers: ClosedRange<UInt64> = 0...0
    var places: ClosedRange<UInt64> = 0...0
    var finds: Set<AuditFinding.Kind> = []
    /// The trail's own beginning is gone, which looks as if it were no longer kept.
    private var begins: UInt64?

    /// Nil: this trail has nothing to which that could be done.
    public init?(_ kind: Kind, of trail: TrueTrail, _ random: inout Seeded) throws {
        self.kind = kind
        entries = trail.entries
        // All that is behind the last anchor.
        let held = entries.indices.filter { entries[$0].sequence <= trail.anchored }
        let index = random.pick(held)
        let sequence = entries[index].sequence
        mark(index)
        switch kind {
        case .editByte:
            finds = [.altered]
            let chained = entries[index].fields.indices.filter {
                let name = entries[index].fields[$0].name
                return AuditField.isChained(name) || name == AuditField.hash
            }
            let field = random.pick(chained)
            let place = random.below(entries[index].fields[field].value.count)
            var byte = UInt8(random.below(256))
            if byte == entries[index].fields[field].value[place] { byte ^= 1 }
            entries[index].fields[field].value[place] = byte
            text = "\(entries[index].fields[field].name) byte \(place)"
        case .editAndHash:
            finds = [.altered, .inserted, .headForged]
            let name = random.pick([AuditField.message, AuditField.at, AuditField.event])
            entries[index].set(name, (entries[index].text(name) ?? "") + "1")
            entries[index].hashAgain(trail.digest)
            text = name
        case .delete:
            finds = [.missing, .cutOff]
            entries.remove(at: index)
            if sequence == 1 { begins = 2 }
        case .deleteMany:
            finds = [.missing, .cutOff]
            let count = min(2 + random.below(40), held.count - 1, entries.count - index)
            let gone = entries[index..<(index + count)].map(\.sequence)
            guard let first = gone.filter({ $0 <= trail.anchored }).min() else { return nil }
            numbers = first...first
            entries.removeSubrange(index..<(index + count))
            if first == 1 { begins = entries.map(\.sequence).min() }
            text = "\(count)"
        case .insertCopy:
            finds = [.twice]
            entries.insert(entries[index], at: random.below(entries.count + 1))
        case .insertOther:
            finds = [.forked]
            var other = entries[index]
            other.set(AuditField.message, "it was somebody else")
            other.hashAgain(trail.digest)
            entries.insert(other, at: index + random.below(2))
            places = UInt64(index + 1)...UInt64(index + 2)
        case .insertBeyond:
            finds = [.inserted, .missing]
            var other = entries[index]
            let last = entries.map(\.sequence).max()! + UInt64(random.below(2))
            other.set(AuditField.sequence, String(last + 1))
            other.hashAgain(trail.digest)
            other.fields.removeAll { $0.name == AuditField.republished }
            entries.append(other)
            numbers = (last + 1 - UInt64(random.below(1)))...(last + 1)
            if last + 1 > entries.count { numbers = last...(last + 1) }
            places = UInt64(entries.count)...UInt64(entries.count)
        case .sendForged:
            finds = [.forged]
            var other = entries[index]
            let (name, value) = random.pick([
                ("_UID", "1000"), ("_EXE", "/usr/bin/logger"), ("_TRANSPORT", "stdout"),
                ("_SYSTEMD_UNIT", "bulkhead-shop.scope"), ("_COMM", "python3"),
            ])
            other.set(name, value)
            if random.oneIn(2) {
                other.set(AuditField.message, "not so")
                other.hashAgain(trail.digest)
            }
            let place = random.below(entries.count + 1)
            entries.insert(other, at: place)
            places = UInt64(place + 1)...UInt64(place + 1)
            text = "\(name)=\(value)"
        case .move: if !move(index, &random) { return nil }
        case .cutTail:
            finds = [.cutOff, .missing]
            let count = random.below(entries.count - 1) + 1
            let gone = Set(entries[count...].map(\.sequence).filter { $0 <= trail.anchored })
            guard let first = gone.min() else { return nil }
            entries.removeSubrange(count...)
            numbers = first...first
            if first == 1 { begins = entries.map(\.sequence).min() }
        case .swapBoots:
            finds = [.reordered, .spliced]
            let boot = entries[0].text("_BOOT_ID")
            let later = entries.filter { $0.text("_BOOT_ID") != boot }
            if later.isEmpty { return nil }
            entries = later + entries.filter { $0.text("_BOOT_ID") == boot }
            places = 1...UInt64(entries.count)
            numbers = 1...UInt64(entries.count)
        case .spliceOther:
            finds = [.chainReplaced, .spliced, .cutOff]
            let other = try TrueTrail(
                seed: random.next(), machine: random.oneIn(2) ? entries[0].text("_MACHINE_ID") : nil
            )
            let boot = entries[0].text("_BOOT_ID")
            let otherBoot = other.entries[0].text("_BOOT_ID")
            let own = entries.filter { $0.text("_BOOT_ID") == boot }
            entries = own + other.entries.filter { $0.text("_BOOT_ID") != otherBoot }
            places = UInt64(own.count + 1)...UInt64(own.count + 1)
            numbers = (own.map(\.sequence).max()! + 1)...(own.map(\.sequence).max()! + 1)
        case .replayHead: if !replay(trail, &random) { return nil }
        case .resign: if try !resign(trail, index, &random) { return nil }
        case .unmark:
            finds = [.reordered]
            let late = entries.indices.filter { place in
                entries[place].text(AuditField.republished) != nil
                    && entries[..<place].contains { $0.sequence > entries[place].sequence }
            }
            if late.isEmpty { return nil }
            let index = random.pick(late)
            mark(index)
            entries[index].fields.removeAll { $0.name == AuditField.republished }
            // Either it is told, or those that it stands behind.
            let least = entries[index].sequence
            numbers = least...max(least, entries[..<index].map(\.sequence).max() ?? least)
        case .forgeRest: try forgeRest(trail, &random)
        case .forgeTail: try forgeTail(trail, &random)
        case .addGap: addGap(trail, index, &random)
        case .insertBare: insertBare(index, &random)
        case .breakLink: if try !breakLink(trail, &random) { return nil }
        case .hideCut: if !hideCut(trail, &random) { return nil }
        }
    }

    mutating func mark(_ index: Int) {
        numbers = entries[index].sequence...entries[index].sequence
        places = UInt64(index + 1)...UInt64(index + 1)
    }

    /// Puts one elsewhere, past at least one that was not sent once more.
    private mutating func move(_ index: Int, _ random: inout Seeded) -> Bool {
        finds = [.reordered]
        let entry = entries[index]
        if entry.text(AuditField.republished) != nil { return false }
        entries.remove(at: index)
        let place = random.below(entries.count + 1)
        let passed = entries[min(index, place)..<max(index, place)]
        if passed.allSatisfy({ $0.text(AuditField.republished) != nil }) { return false }
        entries.insert(entry, at: place)
        places = UInt64(min(index, place) + 1)...UInt64(max(index, place) + 1)
        text = "to \(place + 1)"
        // The mark says that it was later, and so explains nothing.
        if place < index && random.oneIn(2) {
            entries[place].set(AuditField.republished, "1")
            text += " with a mark"
        }
        return true
    }

    /// An old head in the place of a later one, or once more behind it.
    private mutating func replay(_ trail: TrueTrail, _ random: inout Seeded) -> Bool {
        let heads = entries.indices.filter {
            entries[$0].text(AuditField.event) == "audit.head"
                && entries[$0].sequence <= trail.anchored
        }
        if heads.count < 2 { return false }
        let from = random.below(heads.count - 1)
        let old = entries[heads[from]]
        let later = heads[from + 1 + random.below(heads.count - from - 1)]
        mark(later)
        if random.oneIn(2) {
            finds = [.twice]
            entries.insert(old, at: later)
            numbers = old.sequence...old.sequence
            return true
        }
        finds = [.headForged, .altered]
        for name in [AuditField.headSequence, AuditField.headHash, AuditField.signature] {
            entries[later].set(name, old.text(name) ?? "")
        }
        entries[later].hashAgain(trail.digest)
        return true
    }

    /// Changes a record and makes all after it again, signed with a key of one's own.
    private mutating func resign(
        _ trail: TrueTrail, _ index: Int, _ random: inout Seeded
    ) throws -> Bool {
        finds = [.headForged, .altered, .inserted, .forked]
        let key = try SigningKey()
        let claimed = random.oneIn(2)
        let id =
            (claimed ? trail.key : key).publicKey.name(trail.digest)
        let first = entries[index].sequence
        entries[index].set(AuditField.message, "nothing happened")
        var previous: String?
        let order = entries.indices.sorted { entries[$0].sequence < entries[$1].sequence }
        for place in order where entries[place].sequence >= first {
            if let previous { entries[place].set(AuditField.previous, previous) }
            if entries[place].text(AuditField.event) == "audit.head",
                let hash = AuditHash(text: entries[place].text(AuditField.previous) ?? "")
            {
                let statement = AuditStatement(
                    chain: entries[place].text(AuditField.chain) ?? "",
                    sequence: entries[place].sequence - 1, hash: hash,
                    at: Int64(entries[place].text(AuditField.at) ?? "") ?? 0, key: id)
                entries[place].set(AuditField.headHash, hash.text)
                entries[place].set(AuditField.headKey, id)
                entries[place].set(
                    AuditField.signature,
                    hexadecimal(try key.sign(Array(statement.text.utf8))))
            }
            entries[place].hashAgain(trail.digest)
            previous = entries[place].text(AuditField.hash)
        }
        // Between what was signed before and what is signed next: to the next head or anchor.
        let signed = trail.anchors.compactMap { AuditStatement.parse($0)?.0.sequence }
        guard let next = signed.filter({ $0 >= first }).min() else { return false }
        let before = signed.filter { $0 < first }.max() ?? 0
        numbers = (before + 1)...(next + 1)
        text = claimed ? "as the same key" : "with another key"
        return true
    }

    /// Nil where the verdict says what it has to; otherwise what is wrong with it.
    public func fault(in verdict: AuditVerdict) -> String? {
        let what = "\(kind.rawValue) \(text) of record \(numbers), entry \(places)"
        if let begins {
            // Or later, where what is left of before had been lost and stands behind its gap.
            let says = verdict.notes.contains {
                $0.contains("begins here with record \(begins)")
                    || $0.contains("from record \(begins) on, only what was sent once more is here")
            }
            if says || !verdict.findings.isEmpty { return nil }
        }
        if verdict.isClean { return "\(what): not found" }
        let isLocated = verdict.findings.contains { finding in
            if !finds.contains(finding.kind) { return false }
            if let range = finding.range, range.overlaps(numbers) { return true }
            return places.contains(finding.entry)
        }
        if isLocated { return nil }
        return "\(what): found elsewhere: "
            + verdict.findings.prefix(5).map {
                "\($0.kind.rawValue) \($0.range.map { "\($0)" } ?? "?") entry \($0.entry): \($0.text)"
            }.joined(separator: "; ")
    }
}
