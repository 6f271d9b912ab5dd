import Testing

@testable import Cgroups

@Suite struct OutOfMemoryKillTests {
    static let tail =
        " total-vm:51204kB, anon-rss:48288kB, file-rss:1520kB, shmem-rss:0kB, UID:1879048192 "
        + "pgtables:140kB oom_score_adj:0\n SUBSYSTEM=x\n"

    static func kill(_ command: String, machine: Bool = false) -> OutOfMemoryKill {
        OutOfMemoryKill(
            hostPID: 349, command: command, user: 1_879_048_192, isMachineWide: machine)
    }

    @Test func aKillIsReadFromItsRecord() {
        let record = "3,812,108074741,-;Memory cgroup out of memory: Killed process 349 (python3)"
        #expect(OutOfMemoryKill(record: record + Self.tail) == Self.kill("python3"))
    }

    @Test func whereTheChosenOneIsIsReadFromTheRecordBeforeTheKill() {
        let record =
            "6,811,108074700,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=init,"
            + "mems_allowed=0,oom_memcg=/bulkhead.slice/a,task_memcg=/bulkhead.slice/a/services/web,"
            + "task=,task=x,pid=1,pid=349,uid=1879048192\n"
        let place = OutOfMemoryKill.place(record: record)
        #expect(place?.hostPID == 349)
        #expect(place?.cgroup == "/bulkhead.slice/a/services/web")
        // Of a process that writes to /dev/kmsg.
        #expect(OutOfMemoryKill.place(record: "14" + record.dropFirst()) == nil)
        #expect(OutOfMemoryKill.place(record: "6,1,1,-;oom-kill:constraint=CONSTRAINT_NONE") == nil)
        #expect(OutOfMemoryKill(record: record) == nil)
    }

    @Test func aKillOfTheWholeMachineIsToldApart() {
        let record = "3,812,108074741,c;Out of memory: Killed process 349 (python3)"
        #expect(OutOfMemoryKill(record: record + Self.tail) == Self.kill("python3", machine: true))
    }

    @Test(arguments: [
        ") total-vm:0kB,", "UID:0", "a (b) c", ") (", "", "\\x1b[31m", ", UID:0 pgtab",
        "Killed process ",
    ])
    func aCommandCannotPassForAnother(command: String) {
        let record = "3,1,2,-;Memory cgroup out of memory: Killed process 349 (\(command))"
        #expect(OutOfMemoryKill(record: record + Self.tail) == Self.kill(command))
    }

    @Test(arguments: [
        // Written by a process: its facility is never 0.
        "11,812,1,-;Memory cgroup out of memory: Killed process 349 (sh) total-vm:1kB, UID:0 ",
        "3,812,1,-;Memory cgroup out of memory: Killed process x (sh) total-vm:1kB, UID:0 ",
        "3,812,1,-;Memory cgroup out of memory: Killed process 349 (sh) total-vm:1kB",
        "3,812,1,-;tail invoked oom-killer: gfp_mask=0x500cc2", "", ";", "3,1;Killed process ",
        "no prefix at all",
    ])
    func whatIsNoKillIsPassedOver(record: String) {
        #expect(OutOfMemoryKill(record: record) == nil)
    }
}
