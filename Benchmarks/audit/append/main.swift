import Audit
import Crypto
import Ledger
import Plan
import Syscalls

/// Measures what a record of the audit trail costs on top of the transaction that it is part of:
/// `audit-append-bench COUNT DIRECTORY`, where DIRECTORY is empty. Prints the medians in microseconds: of
/// transactions without a record, of those with one, and of the difference within a pair.

let arguments = CommandLine.arguments
guard arguments.count == 3, let count = Int(arguments[1]), (10...1_000_000).contains(count) else {
    fatalError("usage: audit-append-bench COUNT DIRECTORY")
}
nonisolated(unsafe) let ledger = try LedgerStore(directory: arguments[2], boot: "bench")
let project = try ProjectName("shop")
let entry = AuditEntry(
    .controlQuotaSet, "anna asked for: quota-set (more orders than usual)", project: project,
    origin: AuditOrigin(
        via: .cli, user: 1000, group: 1000, loginUser: 1000, pid: 4711, unit: "session-3.scope",
        name: "anna", reason: "more orders than usual"),
    details: [
        (AuditField.result, "accepted"),
        (AuditField.request, #"{"changes":[{"name":"memory","project":"shop","value":"1G"}]}"#),
    ])

/// Microseconds.
func timed(withRecord: Bool, _ number: Int) throws -> Double {
    let duration = try ContinuousClock().measure {
        try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.append(
                LedgerEvent(
                    at: Int64(number), project: project, workload: nil, run: nil, severity: 6,
                    kind: "quota.changed", text: "pids went from 100 to 200"))
            if withRecord { try changes.append(entry) }
        }
    }
    return Double(duration.components.attoseconds) / 1e12
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

var without: [Double] = []
var with: [Double] = []
for number in 0..<count {
    // In turns as to which is first.
    if number % 2 == 0 { without.append(try timed(withRecord: false, number)) }
    with.append(try timed(withRecord: true, number))
    if number % 2 == 1 { without.append(try timed(withRecord: false, number)) }
}
func digits(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
}
let difference = median(zip(with, without).map { $0 - $1 })
print("\(digits(median(without))) \(digits(median(with))) \(digits(difference))")
