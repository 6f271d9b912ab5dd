import Ledger
import Plan
import Syscalls
import Testbed
import Testing

/// A process of its own that writes numbered transactions: Tests/LedgerWriter.
private struct WriterProcess: ~Copyable {
    let handle: ProcessHandle
    let output: FileDescriptor

    init(_ command: [String]) throws {
        let pipe = try pipe()
        handle = try spawnProgram(
            command[0], arguments: command, environment: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"],
            descriptors: [nil, pipe.write.number, pipe.write.number])
        let (read, write) = pipe.split()
        output = FileDescriptor(owning: read)
        _ = FileDescriptor(owning: write)
    }

    /// All that it says until it has ended.
    func rest() throws -> [Substring] {
        let text = String(decoding: try output.readAll(limit: 64 << 20), as: UTF8.self)
        _ = try handle.wait()
        return text.split(separator: "\n")
    }
}

/// The writer, which is built beside these tests.
private func writer() throws -> String {
    let own = try linkTarget("/proc/self/exe")
    return String(own[..<own.lastIndex(of: "/")!]) + "/ledger-writer"
}

/// The number that is in all three tables, which must agree.
private func lastTransaction(of ledger: LedgerStore) throws -> Int64 {
    let number = try ledger.lastEvents(limit: 1).first?.number ?? 0
    let runs = try ledger.runs(limit: 1_000)
    #expect(runs.first.map { Int64($0.id.rawValue) } ?? 0 == number)
    #expect(try ledger.projects().first?.reason ?? "0" == "\(number)")
    // None in between is missing.
    for (offset, run) in runs.enumerated() {
        #expect(Int64(run.id.rawValue) == number - Int64(offset))
    }
    return number
}

@Suite(.serialized) struct DeathTests {
    @Test func whatWasAcknowledgedSurvivesAKillAtAnyMoment() throws {
        let fixture = try Fixture()
        var random = SystemRandomNumberGenerator()
        var written: Int64 = 0
        var rounds = 0
        // On a busy machine most are killed before they wrote anything: it takes more of them then, and
        // they live longer.
        while rounds < 200 || written <= 200 {
            rounds += 1
            try #require(rounds < 5_000)
            let process = try WriterProcess([try writer(), fixture.path])
            let longest = Int64(25 + rounds / 20)
            Syscalls.sleep(milliseconds: Int64.random(in: 0...longest, using: &random))
            try process.handle.signal(.SIGKILL)
            let said = try process.rest().compactMap { Int64($0) }
            let acknowledged = said.last ?? written
            let found = try lastTransaction(of: try fixture.open())
            // Beyond what it could say, at most what it was about to say.
            #expect(found == acknowledged || found == acknowledged + 1)
            written = found
        }
    }

    @Test func anotherProcessIsRefusedBothAtTheFirstStartAndAtEveryOther() throws {
        let fixture = try Fixture()
        for _ in 0..<2 {
            let ledger = try fixture.open()
            #expect(
                try WriterProcess([try writer(), fixture.path]).rest()
                    == ["another supervisor uses the state in '\(fixture.path)'"])
            #expect(try ledger.projects() == [])
        }
        #expect(try fixture.open().projects() == [])
    }

    @Test func aLogThatWasCutAnywhereGivesAPrefix() throws {
        let fixture = try Fixture()
        let process = try WriterProcess([try writer(), fixture.path])
        // Long before the log is written back for the first time, at four mebibytes: what was written back
        // was on the disk before, and cutting that off is no power cut.
        let wanted: UInt64 = 200_000
        while true {
            let size = (try? Syscalls.open(fixture.file + "-wal").status().size) ?? 0
            if size >= wanted { break }
            Syscalls.sleep(milliseconds: 1)
        }
        try process.handle.signal(.SIGKILL)
        let acknowledged = try process.rest().compactMap { Int64($0) }.last ?? 0
        let log = try Syscalls.open(fixture.file + "-wal").readAll(limit: 64 << 20)
        let database = try Syscalls.open(fixture.file).readAll(limit: 64 << 20)
        var random = SystemRandomNumberGenerator()
        var last: Int64 = 0
        for length in (0..<60).map({ _ in Int.random(in: 0...log.count, using: &random) }).sorted()
        {
            let copy = try Fixture()
            do { _ = try copy.open() }
            try copy.write(database)
            try Syscalls.open(copy.file + "-wal", [.writeOnly, .create], mode: 0o600)
                .writeAll(log.prefix(length))
            let found = try lastTransaction(of: try copy.open())
            #expect(found >= last)
            last = found
        }
        #expect(last <= acknowledged + 1)
    }

    /// `script` runs with the writer and a directory in a tmpfs of 400 KiB, before the writer does.
    private func writeInSmallFileSystem(_ script: String, _ arguments: String) throws -> [Substring]
    {
        let fixture = try Fixture()
        try Directory(opening: "/").makeDirectory(String(fixture.path.dropFirst()), mode: 0o700)
        return try WriterProcess([
            "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-ec",
            "mount -t tmpfs -o size=400k,mode=700 none $2; cd $2; \(script); exec $1 \(arguments)",
            "sh", try writer(), fixture.path,
        ]).rest()
    }

    @Test func aFullDiskIsToldAndIsNoProblemOnceThereIsRoom() throws {
        let said = try writeInSmallFileSystem("head -c 150k /dev/zero >ballast", "$2 $2/ballast")
        let numbers = said.compactMap { Int64($0) }
        #expect(numbers.count > 1)
        // The one that failed is written when there is room.
        #expect(numbers == Array(1...Int64(numbers.count)))
        let others = said.filter { Int64($0) == nil }
        #expect(others.count == 2)
        #expect(others.first?.hasPrefix("there is no room for the ledger '/tmp/") == true)
        #expect(others.last == "recovered")
    }

    @Test func aReadOnlyFileSystemIsTold() throws {
        let said = try writeInSmallFileSystem("mount -o remount,ro $2", "$2")
        #expect(said.count == 1)
        #expect(said.last?.hasSuffix("/state/ledger.db' cannot be written") == true)
    }
}
