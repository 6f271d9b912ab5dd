import Audit
import Crypto
import Syscalls
import Testbed
import TrailMaking

/// Writes an export of so many records to a file, with what journald adds to each, and the public key
/// beside it.
///
///     audit-bench COUNT FILE KEY-FILE

let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 3, let count = UInt64(words[0]) else {
    fatalError("usage: audit-bench COUNT FILE KEY-FILE")
}
let flags: OpenFlags = [.writeOnly, .create, .truncate]
let file = try open(words[1], flags, mode: 0o600)
var random = Seeded(1)
var maker = try TrailMaker(chain: "00112233445566778899aabbccddeeff")
maker.add(AuditEntry(.auditChain, "a chain of records begins"))
try maker.start()
var bytes: [UInt8] = []
while maker.sequence < count {
    try maker.anything(&random)
    if maker.sequence % 1_000 < 2 { try maker.head() }
    if maker.entries.count >= 1_000 {
        bytes.removeAll(keepingCapacity: true)
        for entry in maker.take() { bytes += entry.exported }
        try file.writeAll(bytes)
    }
}
try maker.head()
bytes.removeAll()
for entry in maker.take() { bytes += entry.exported }
try file.writeAll(bytes)
try open(words[2], flags, mode: 0o644).writeAll(try maker.key.publicKey.pem())
