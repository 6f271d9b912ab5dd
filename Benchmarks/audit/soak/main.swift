import AuditVerification
import Syscalls
import Testbed
import TrailMaking

/// Changes trails that were true in every way, and looks whether each change is found where it was made,
/// and nothing where there was none.
///
///     audit-soak COUNT SEED

/// At once, so that what was said is there whatever comes after.
func say(_ text: String) { try? write(allOf: Array("\(text)\n".utf8), to: 1) }

let words = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
guard words.count == 2 else { fatalError("usage: audit-soak COUNT SEED") }
let (count, seed) = (words[0], words[1])
var random = Seeded(seed)
var faults = 0
var done: [Mutation.Kind: Int] = [:]

/// Untouched ones: a tenth as many.
for number in 0..<max(count / 10, 1) {
    let trail = try TrueTrail(seed: random.next())
    let verdict = try trail.verdict(of: trail.entries)
    if !verdict.isClean || verdict.chains.count != 1 {
        faults += 1
        say("untouched \(number): \(verdict.findings.prefix(3)) \(verdict.chains.count)")
    }
    let both = try trail.verdict(of: trail.followed(&random))
    if !both.isClean || both.chains.count != 2 {
        faults += 1
        say("untouched \(number), followed by another: \(both.findings.prefix(3))")
    }
}
var made: UInt64 = 0
while made < count {
    let trailSeed = random.next()
    let trail = try TrueTrail(seed: trailSeed)
    // Several of each trail, as making one takes longer than looking at it.
    for _ in 0..<4 where made < count {
        let kind = Mutation.Kind.allCases[Int(made % UInt64(Mutation.Kind.allCases.count))]
        guard let mutation = try Mutation(kind, of: trail, &random) else {
            if random.oneIn(3) { break }
            continue
        }
        made += 1
        done[kind, default: 0] += 1
        if let fault = mutation.fault(in: try trail.verdict(of: mutation.entries)) {
            faults += 1
            if faults <= 20 { say("trail \(trailSeed), mutation \(made): \(fault)") }
        }
    }
}
for kind in Mutation.Kind.allCases { say("\(kind.rawValue): \(done[kind] ?? 0)") }
say("\(made) mutations, \(max(count / 10, 1)) untouched: \(faults) not as they should be")
if faults > 0 { endProgram(1) }
