import Ledger
import Plan
import Syscalls

/// Writes to the ledger in a directory until it is killed or fails, and says on standard output which
/// transactions were acknowledged: one number a line. For the tests that kill it.
///
///     ledger-writer DIRECTORY [BALLAST]
///
/// Where it fails, it says why. With BALLAST it then removes that file, writes once more and ends.
@main
struct Writer {
    static func main() {
        let arguments = CommandLine.arguments
        do {
            let ledger = try LedgerStore(directory: arguments[1], boot: "boot-1")
            var number = try ledger.lastEvents(limit: 1).first?.number ?? 0
            do throws(LedgerError) {
                while true {
                    number += 1
                    try write(number, to: ledger)
                }
            } catch {
                say("\(error.message)\n")
                guard arguments.count > 2 else { endProgram(1) }
            }
            try Directory(opening: "/").removeFile(String(arguments[2].dropFirst()))
            try write(number, to: ledger)
            say("recovered\n")
            endProgram(0)
        } catch {
            say("\((error as? any Diagnosable)?.message ?? "\(error)")\n")
            endProgram(1)
        }
    }

    /// A transaction that leaves the same number in three tables.
    private static func write(_ number: Int64, to ledger: LedgerStore) throws(LedgerError) {
        guard let shop = try? ProjectName("shop"), let web = try? WorkloadName("web") else {
            return
        }
        let run = RunRow(
            id: RunID(rawValue: UInt64(number)), project: shop, workload: web, kind: .exec,
            command: ["x"], state: .ended(.lost, cause: ""), startedAt: number)
        let record = ProjectRecord(
            name: shop, phase: "active", reason: "\(number)", goal: .active, stage: .up,
            declared: .active, services: [ServiceRecord(name: web, phase: "running")])
        let durability: Durability = number % 8 == 0 ? .power : .process
        try ledger.transaction(durability) { changes throws(LedgerError) in
            try changes.insert(run)
            try changes.append(
                LedgerEvent(at: number, project: shop, severity: 6, kind: "x", text: "\(number)"))
            try changes.save(record)
        }
        say("\(number)\n")
    }

    private static func say(_ text: String) {
        // Nobody reads any more: then nobody wants more to be written.
        do { try Syscalls.write(allOf: Array(text.utf8), to: 1) } catch { endProgram(2) }
    }
}
