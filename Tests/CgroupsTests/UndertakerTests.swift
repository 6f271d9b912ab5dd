import Syscalls
import Testing

/// The undertaker on plain directories: whose death it waits for is a child of the test.
@Suite struct UndertakerTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture(["/parent/": "", "/parent/grave/": ""]) }

    func parent() throws -> Directory { try Directory(opening: fixture.prefix + "/parent") }

    func inode() throws -> UInt64 {
        try FileStatus(path: fixture.prefix + "/parent/grave").inode
    }

    /// Whether `condition` comes true within two seconds.
    func comesTrue(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<400 {
            if try condition() { return true }
            sleep(milliseconds: 5)
        }
        return false
    }

    @Test func itRemovesWhatItWasEntrustedWithWhenTheProcessDies() throws {
        let mourned = try spawnIDHolder()
        var undertaker = try Undertaker(
            of: "grave", below: parent(), watching: mourned.descriptor.number)
        undertaker.entrust(inode: try inode())
        sleep(milliseconds: 20)
        #expect(fixture.exists("/parent/grave"))
        mourned.killAndReap()
        #expect(comesTrue { !fixture.exists("/parent/grave") })
    }

    @Test func itRemovesWhatWasMadeButNotYetEntrusted() throws {
        let mourned = try spawnIDHolder()
        let undertaker = try Undertaker(
            of: "grave", below: parent(), watching: mourned.descriptor.number)
        mourned.killAndReap()
        #expect(comesTrue { !fixture.exists("/parent/grave") })
        _ = undertaker.pid
    }

    @Test func itLeavesADirectoryAloneThatIsAnother() throws {
        let mourned = try spawnIDHolder()
        var undertaker = try Undertaker(
            of: "grave", below: parent(), watching: mourned.descriptor.number)
        undertaker.entrust(inode: try inode() + 1)
        let pid = undertaker.pid
        mourned.killAndReap()
        #expect(
            comesTrue { (try? readFile("/proc/\(pid)/stat"))?.contains(") Z ") == true })
        #expect(fixture.exists("/parent/grave"))
    }

    @Test func itHoldsTwoDescriptorsAndASessionOfItsOwn() throws {
        let mourned = try spawnIDHolder()
        let undertaker = try Undertaker(
            of: "grave", below: parent(), watching: mourned.descriptor.number)
        let process = "/proc/\(undertaker.pid)"
        #expect(
            try comesTrue {
                try Directory(opening: "\(process)/fd").names().count == 2
                    && linkTarget("\(process)/cwd") == "/"
            })
        // After the name: state, parent, group, session, in proc(5).
        let fields = try readFile("\(process)/stat").split(separator: " ")
        #expect(fields[1] == "(bh-undertaker)")
        #expect(fields[4] == "\(undertaker.pid)")
        #expect(fields[5] == "\(undertaker.pid)")
        let blocked = try readFile("\(process)/status").split(separator: "\n").first {
            $0.hasPrefix("SigBlk:")
        }
        // All but SIGKILL (9), SIGSTOP (19) and the C library's own (32, 33).
        #expect(blocked?.hasSuffix("fffffffe7ffbfeff") == true)
        mourned.killAndReap()
    }

    @Test func itEndsWithItsValueAndLeavesEverythingAsItIs() throws {
        let pid: Int32
        do {
            var undertaker = try Undertaker(of: "grave", below: parent())
            undertaker.entrust(inode: try inode())
            pid = undertaker.pid
            #expect((try? readFile("/proc/\(pid)/stat")) != nil)
        }
        #expect((try? readFile("/proc/\(pid)/stat")) == nil)
        #expect(fixture.exists("/parent/grave"))
    }
}
