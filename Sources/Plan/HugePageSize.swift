/// A size of huge pages, which the kernel names its control files by: `hugetlb.2MB.max`
/// (mem_fmt of mm/hugetlb_cgroup.c).
public struct HugePageSize: Hashable, Sendable {
    /// A power of two.
    public let bytes: Bytes

    /// Reads `2M` or `1G`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        let bytes = try Bytes(parsing: text, for: subject)
        // Pages are of 4 KiB at least, and huge ones larger; no machine has one of 1 TiB.
        guard bytes.count.nonzeroBitCount == 1, bytes.count > 4_096, bytes.count < 1 << 40 else {
            throw InvalidValue(
                subject, text, "is no size of huge pages",
                hint: "ls /sys/kernel/mm/hugepages shows those of this machine; write 2M or 1G")
        }
        self.bytes = bytes
    }

    /// Part of the names of its control files: `2MB`.
    public var fileName: String { "\(bytes)B" }
}

extension HugePageSize: CustomStringConvertible {
    /// `2M`.
    public var description: String { "\(bytes)" }
}
