import Audit
import AuditReading
import AuditVerification
import Syscalls

/// Any bytes as an export of a journal: read to the end or to what is wrong with it, and verified, with a
/// verdict that names no place that is not there.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let file = try? memoryFile("export", containing: bytes) else { return 0 }
    // What reads as a journal's file is for libsystemd.
    guard !bytes.starts(with: Array("LPKSHHRH".utf8)),
        let source = try? AuditSource(["/proc/self/fd/\(file.number)"])
    else { return 0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let anchors = lines.prefix(8).enumerated().compactMap { index, line in
        AuditStatement.parse(line).map {
            AuditAnchor($0.0, signature: $0.signature, line: index + 1)
        }
    }
    // Sums in the place of hashes, so that inventing a record that fits is not hopeless.
    let verifier = AuditVerifier(
        hash: { bytes in
            var sum: UInt8 = 0
            for byte in bytes { sum = sum &* 31 &+ byte }
            return [UInt8](repeating: sum, count: 32)
        }, keys: [AuditKey(id: "0011223344556677") { signature, _ in signature[0] == 0 }],
        anchors: anchors)
    var entries: UInt64 = 0
    do {
        while let entry = try source.nextFields() {
            entries += 1
            precondition(entry.places.count <= EntryFields.fieldsMax)
            for place in entry.places { precondition(place.value.upperBound <= entry.bytes.count) }
            verifier.add(entry)
        }
    } catch AuditReadingError.damaged(_, let offset, _) {
        precondition(offset <= UInt64(count))
    } catch { return 0 }
    let verdict = verifier.verdict()
    precondition(verdict.entries == entries)
    precondition(verdict.findings.allSatisfy { $0.entry <= entries && !$0.text.isEmpty })
    return 0
}
