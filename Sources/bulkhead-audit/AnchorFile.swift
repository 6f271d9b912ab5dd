internal import Audit
internal import AuditVerification
internal import Plan
internal import Syscalls

/// A file of anchors: signed heads, one a line, in the order in which they were put there.
enum AnchorFile {
    /// What is longer is somebody's mistake, or is to be put away: of a head a minute these are two years.
    static let bytesMax = 256 << 20
    private static let beginning = "bulkhead-head 1 "

    /// Half a line, as a machine that lost its power leaves, is passed over and told of: whoever could
    /// write it could as well leave it out.
    ///
    /// - Parameter path: `-`: standard input.
    static func read(_ path: String) throws -> [AuditAnchor] {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes =
                try path == "-"
                ? FileDescriptor(duplicating: 0).readAll(limit: bytesMax)
                : open(path).readAll(limit: bytesMax)
        } catch  where error.errno == .EFBIG {
            throw VerifyError(
                "the anchors \(quoted(path)) are more than \(bytesMax >> 20) MiB",
                hint: "give the last ones: tail -n 500000")
        } catch { throw VerifyError("the anchors \(quoted(path)) cannot be read: \(error)") }
        var anchors: [AuditAnchor] = []
        var torn: [Int] = []
        var (start, number) = (0, 0)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            var line = bytes[start..<end]
            start = end + 1
            number += 1
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty { continue }
            if let (statement, signature) = AuditStatement.parse(
                String(decoding: line, as: UTF8.self))
            {
                anchors.append(AuditAnchor(statement, signature: signature, line: number))
            } else if isHalf(line) {
                torn.append(number)
            } else {
                throw VerifyError(
                    "the anchors \(quoted(path)), line \(number): it is no signed head",
                    hint: "each line is: bulkhead-head 1 CHAIN SEQUENCE HASH AT KEY SIGNATURE")
            }
        }
        guard let first = torn.first else { return anchors }
        let places =
            torn.count == 1 ? "line \(first) is" : "line \(first) and \(torn.count - 1) more are"
        let message = "the anchors \(quoted(path)): \(places) no whole head"
        if anchors.isEmpty { throw VerifyError(message, hint: "there is no other in it") }
        report(VerifyError("\(message) and passed over"))
        return anchors
    }

    /// Whether it begins as a head does, and ends before that does.
    private static func isHalf(_ line: ArraySlice<UInt8>) -> Bool {
        if beginning.utf8.starts(with: line) { return true }
        if !line.starts(with: beginning.utf8) { return false }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        return words.count < 8 || words.count == 8 && words[7].count < 128
    }
}
