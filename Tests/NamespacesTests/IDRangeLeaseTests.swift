import Plan
import Syscalls
import Testbed
import Testing

@testable import Namespaces

struct IDRangeLeaseTests {
    @Test func theRangesAreDisjointAndLieWhereNobodyElsesDo() {
        #expect(IDRange(index: 0).base == 0x7000_0000)
        let last = IDRange(index: IDRange.indices.upperBound - 1)
        #expect(last.base == 0x7FFD_0000)
        // systemd's "foreign" range begins here: UIDS-GIDS.md.
        #expect(last.host(IDRange.count - 1) == 0x7FFE_0000 - 1)
        #expect(IDRange(index: 1).base == IDRange(index: 0).host(IDRange.count - 1) + 1)
        #expect(IDRange(index: 5).host(1_000) == 0x7005_03E8)
    }

    @Test func noTwoLeasesHaveTheSameRange() throws {
        let place = try TemporaryDirectory()
        var bases: Set<UInt32> = []
        var leases: [Box] = []
        for _ in 0..<300 {
            let lease = try IDRangeLease(in: place.path)
            #expect(bases.insert(lease.range.base).inserted)
            leases.append(Box(lease))
        }
        #expect(leases.count == 300)
    }

    @Test func aProjectGetsTheSameRangeAgainAndAnotherOnlyWhereThatIsTaken() throws {
        let place = try TemporaryDirectory()
        let name = try ProjectName("shop")
        let first = try IDRangeLease(in: place.path, preferredBy: name).range
        let again = try IDRangeLease(in: place.path, preferredBy: name)
        #expect(again.range == first)
        // Next to it, for as long as it is taken.
        let second = try IDRangeLease(in: place.path, preferredBy: name)
        #expect(second.range.base == first.base + IDRange.count)
        #expect(try IDRangeLease(in: place.path, preferredBy: ProjectName("api-gw")).range != first)
    }

    @Test func theLastFreeRangeIsFoundAndThenThereIsNone() throws {
        let place = try TemporaryDirectory()
        // All but one are taken through an open file of another's.
        do { _ = try IDRangeLease(in: place.path) }
        let other = try open(place.path + "/id-ranges", .readWrite)
        for index in IDRange.indices where index != 1_234 {
            #expect(try other.lockByte(at: Int64(index)))
        }
        do {
            let lease = try IDRangeLease(in: place.path)
            #expect(lease.range == IDRange(index: 1_234))
            let error = #expect(throws: NamespaceError.self) {
                do { _ = try IDRangeLease(in: place.path) }
            }
            #expect(error == .exhausted)
        }
        // Free again with the end of the lease.
        let again = try IDRangeLease(in: place.path)
        #expect(again.range == IDRange(index: 1_234))
    }

    @Test func theDirectoryAndItsFileAreMadeForRootAlone() throws {
        let place = try TemporaryDirectory()
        let path = place.path + "/state"
        _ = try IDRangeLease(in: path)
        let directory = try FileStatus(path: path)
        #expect(directory.kind == .directory)
        #expect(directory.permissions & 0o022 == 0)
        let file = try FileStatus(path: path + "/id-ranges")
        #expect(file.permissions == 0o600)
        #expect(file.size == 0, "a lock needs no content")
    }

    @Test func aLinkInPlaceOfTheFileIsNotFollowed() throws {
        let place = try TemporaryDirectory()
        let directory = try Directory(opening: place.path)
        try directory.createFile("elsewhere", containing: "")
        try directory.makeSymbolicLink("id-ranges", to: "elsewhere")
        let error = #expect(throws: NamespaceError.self) {
            do { _ = try IDRangeLease(in: place.path) }
        }
        #expect(
            error == .failed(SystemCallError("openat2", on: place.path + "/id-ranges", .ELOOP)))
    }

    @Test func aPlaceThatCannotBeMadeIsNamed() throws {
        let place = try TemporaryDirectory()
        let error = #expect(throws: NamespaceError.self) {
            do { _ = try IDRangeLease(in: place.path + "/a/b") }
        }
        let inner = SystemCallError("mkdirat", on: String(place.path.dropFirst()) + "/a/b", .ENOENT)
        #expect(error == .failed(inner))
        #expect(error?.message == "cannot set up the sandbox's user ids: \(inner)")
    }

    @Test func aLeaseLeavesNoDescriptorBehind() throws {
        let place = try TemporaryDirectory()
        let path = place.path
        let left = try leaks { for _ in 0..<10 { _ = try IDRangeLease(in: path) } }
        #expect(left == [])
    }

    /// Holds a lease in an array.
    private final class Box {
        let lease: IDRangeLease
        init(_ lease: consuming IDRangeLease) { self.lease = lease }
    }
}
