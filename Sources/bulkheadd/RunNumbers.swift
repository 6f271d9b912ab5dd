internal import Ledger
internal import Plan
internal import Supervision

/// Numbers for runs, reserved in the ledger a thousand at a time: so a new run costs no write of its
/// own, and a number is never given twice, whenever we die.
struct RunNumbers {
    private static let block: UInt32 = 1_000
    private var end: UInt64

    /// Reserves the first block and tells the first number.
    static func begin(in ledger: LedgerStore) throws(LedgerError) -> (RunNumbers, first: RunID) {
        let block = try ledger.transaction(.power) { changes throws(LedgerError) in
            try changes.reserveRuns(Self.block)
        }
        return (RunNumbers(end: block.upperBound), RunID(rawValue: block.lowerBound))
    }

    /// Makes sure that the numbers which `fleet` gives next are reserved. Called before a run that is
    /// not kept in the ledger begins; each other one moves the mark with its own row.
    mutating func cover(_ next: RunID, in ledger: LedgerStore) throws(LedgerError) {
        // Half a block ahead, so that one event that starts many services stays within it.
        while next.rawValue + UInt64(Self.block) / 2 > end {
            end = try ledger.transaction(.power) { changes throws(LedgerError) in
                try changes.reserveRuns(Self.block)
            }.upperBound
        }
    }
}
