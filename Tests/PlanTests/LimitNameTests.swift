import Testing

@testable import Plan

@Suite struct LimitNameTests {
    static let pages = try! HugePageSize(parsing: "2M", for: "")
    static let all = LimitName.words + [.io(path: "/srv"), .hugePages(pages)]

    @Test(arguments: all)
    func aNameReadsBackAsItIsWritten(_ name: LimitName) throws {
        #expect(try LimitName(parsing: name.text, for: "limit") == name)
    }

    @Test func aSlipOfTypingIsAnsweredWithTheName() {
        let error = #expect(throws: InvalidValue.self) {
            try LimitName(parsing: "memory_hihg", for: "limit")
        }
        #expect(error?.message == "limit 'memory_hihg': is no limit")
        #expect(error?.hint == "did you mean 'memory_high'?")
    }

    @Test(arguments: [
        ("io:", "is empty"), ("io:srv", "is relative, and the current directory is gone"),
        ("hugetlb:3M", "is no size of huge pages"), ("hugetlb:4K", "is no size of huge pages"),
        ("hugetlb:2T", "is no size of huge pages"),
    ])
    func whatBelongsToANameIsChecked(_ text: String, _ reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try LimitName(parsing: text, for: "limit")
        }
        #expect(error?.reason == reason)
    }

    @Test func theControlFileOfHugePagesIsNamedAsTheKernelNamesIt() throws {
        #expect(try HugePageSize(parsing: "64K", for: "").fileName == "64KB")
        #expect(try HugePageSize(parsing: "2048K", for: "").fileName == "2MB")
        #expect(try HugePageSize(parsing: "1G", for: "").fileName == "1GB")
    }

    @Test(arguments: [
        ("3,1-2,0", "0-3"), ("7", "7"), ("0-3,2-5,9", "0-5,9"), ("8191,0", "0,8191"),
    ])
    func processorsAreTakenInAnyOrder(_ text: String, _ list: String) throws {
        #expect(try CPUSet(parsing: text, for: "cpus").description == list)
    }

    @Test(arguments: [
        ("", "is empty"), ("3-1", "counts backwards from 3 to 1"), ("8192", "is more than 8191"),
        ("1,", "is empty"), ("-1", "is empty"), ("a", "does not begin with a digit"),
    ])
    func aListOfProcessorsIsRefusedWhole(_ text: String, _ reason: String) {
        let error = #expect(throws: InvalidValue.self) { try CPUSet(parsing: text, for: "cpus") }
        #expect(error?.reason == reason)
    }

    @Test func aSetOfProcessorsIsWithinAnother() throws {
        func set(_ text: String) throws -> CPUSet { try CPUSet(parsing: text, for: "") }
        #expect(try set("1,3").isSubset(of: set("0-3")))
        #expect(try !set("1,4").isSubset(of: set("0-3")))
        #expect(try !set("0-3").isSubset(of: set("0-1,3")))
        #expect(CPUSet(first: 2).description == "0-1")
    }
}
