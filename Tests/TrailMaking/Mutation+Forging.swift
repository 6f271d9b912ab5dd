import Audit
import AuditVerification
import Plan
import Testbed

/// What somebody does who has no key and can write what they like.
extension Mutation {
    /// All that an anchor names is gone, and in its place, or behind it, stand other records.
    mutating func forgeRest(_ trail: TrueTrail, _ random: inout Seeded) throws {
        finds = [.inserted, .unsigned, .altered, .missing, .cutOff]
        let first = random.pick([1, trail.anchored + 1, trail.anchored + 2 + random.next() % 50])
        entries = try Self.forged(
            like: trail.entries[trail.entries.count - 1], from: first, count: 3 + random.below(20),
            apart: 1_000, previous: nil, trail)
        let last = entries[entries.count - 1].sequence
        numbers = 1...max(last, trail.anchored)
        places = 1...UInt64(entries.count)
        text = "from \(first)"
    }

    /// More than can wait for a signature, linked to what is true.
    mutating func forgeTail(_ trail: TrueTrail, _ random: inout Seeded) throws {
        finds = [.unsigned]
        entries.removeAll { $0.sequence > trail.anchored }
        let last = entries.max { $0.sequence < $1.sequence }!
        let isLong = random.oneIn(8)
        let added = try Self.forged(
            like: last, from: trail.anchored + 1, count: isLong ? 2_001 : 10,
            apart: isLong ? 1_000 : 60_000_000, previous: last.text(AuditField.hash), trail)
        entries += added
        numbers = (trail.anchored + 1)...(trail.anchored + UInt64(added.count))
        text = "\(added.count)"
    }

    /// What would excuse them, and then records that stand once more or elsewhere.
    mutating func addGap(_ trail: TrueTrail, _ index: Int, _ random: inout Seeded) {
        finds = [.twice, .reordered]
        var excuse = entries.max { $0.sequence < $1.sequence }!
        let sequence = excuse.sequence + 1
        excuse.set(AuditField.previous, excuse.text(AuditField.hash)!)
        excuse.set(AuditField.sequence, String(sequence))
        let isGap = random.oneIn(2)
        excuse.set(AuditField.event, isGap ? "audit.gap" : "supervisor.started")
        excuse.set(AuditField.range, "1-\(random.oneIn(2) ? 1_000_000 : sequence - 1)")
        excuse.fields.removeAll { $0.name == AuditField.republished }
        excuse.hashAgain(trail.digest)
        entries.append(excuse)
        var moved = entries[index]
        // One that was sent once more may stand anywhere later.
        let isCopy = moved.text(AuditField.republished) != nil || random.oneIn(2)
        moved.set(AuditField.republished, "1")
        entries.append(moved)
        if !isCopy { entries.remove(at: index) }
        places = UInt64(entries.count)...UInt64(entries.count)
        text = "\(isGap ? "gap" : "start"), \(isCopy ? "copied" : "moved")"
    }

    /// A record without what would give it a place.
    mutating func insertBare(_ index: Int, _ random: inout Seeded) {
        finds = [.inserted]
        var bare = entries[index]
        let names = [
            AuditField.chain, AuditField.sequence, AuditField.previous, AuditField.hash,
        ]
        bare.fields.removeAll { names.contains($0.name) }
        let place = 1 + random.below(entries.count)
        entries.insert(bare, at: place)
        numbers = 0...0
        places = UInt64(place + 1)...UInt64(place + 1)
    }

    /// A chain follows; what it says of the end of this one is made untrue.
    mutating func breakLink(_ trail: TrueTrail, _ random: inout Seeded) throws -> Bool {
        let both = try trail.followed(&random)
        let count = trail.entries.count
        let last = trail.entries.map(\.sequence).max()!
        numbers = last...last
        switch random.below(3) {
        case 0:
            // Behind the anchor too.
            finds = [.cutOff, .missing]
            entries = both.filter {
                $0.sequence != last || $0.text(AuditField.chain) != trail.chain
            }
            text = "end cut off"
        case 1:
            finds = [.altered]
            entries = both
            let place = both[..<count].firstIndex { $0.sequence == last }!
            entries[place].set(AuditField.message, "nothing happened")
            entries[place].hashAgain(trail.digest)
            text = "end changed"
        default:
            finds = [.chainReplaced]
            entries = both
            entries.remove(at: count)
            numbers = 2...2
            places = UInt64(count + 1)...UInt64(count + 1)
            text = "beginning gone"
        }
        return true
    }

    /// The middle is gone, and what was before it stands behind a start of the supervisor, as if it had been
    /// sent once more and the trail began there.
    mutating func hideCut(_ trail: TrueTrail, _ random: inout Seeded) -> Bool {
        finds = [.missing]
        let starts = entries.indices.filter {
            entries[$0].text(AuditField.event) == "supervisor.started" && $0 > 5
                && entries[$0].sequence <= trail.anchored
        }
        guard !starts.isEmpty else { return false }
        let start = random.pick(starts)
        let kept = entries[..<(1 + random.below(start - 4))]
        // What was lost stands where it was not either.
        if kept.contains(where: { $0.text(AuditField.republished) != nil }) { return false }
        let moved = kept.map { entry in
            var entry = entry
            entry.set(AuditField.republished, "1")
            return entry
        }
        let gone = entries[kept.count..<start].map(\.sequence)
        numbers = gone.min()!...gone.max()!
        places = 0...0
        entries = [entries[start]] + moved + entries[(start + 1)...]
        text = "\(kept.count) before \(gone.count)"
        return true
    }

    /// Records whose hashes fit, one after the other.
    ///
    /// - Parameters:
    ///   - apart: microseconds.
    ///   - previous: what the first one names; nil: something.
    private static func forged(
        like model: MadeEntry, from first: UInt64, count: Int, apart: Int64, previous: String?,
        _ trail: TrueTrail
    ) throws -> [MadeEntry] {
        var entries: [MadeEntry] = []
        var at = Int64(model.realtime)
        var previous =
            previous ?? hexadecimal([UInt8](repeating: first == 1 ? 0 : 1, count: 32))
        for number in first..<(first + UInt64(count)) {
            var entry = model
            entry.fields.removeAll { $0.name == AuditField.republished }
            entry.set(AuditField.event, number == 1 ? "audit.chain" : "project.ready")
            entry.set(AuditField.sequence, String(number))
            entry.set(AuditField.previous, previous)
            entry.set(AuditField.at, String(at))
            entry.hashAgain(trail.digest)
            previous = entry.text(AuditField.hash)!
            at += apart
            entry.realtime = UInt64(at)
            entries.append(entry)
        }
        return entries
    }
}
