import Testing

@testable import Observing

struct KernelLogTests {
    private func kill(_ record: String) -> SeccompKill? {
        KernelLog.kernelText(of: record).flatMap { SeccompKill(text: $0) }
    }

    @Test func theAuditRecordOfAKillNamesProcessUserAndCall() {
        let record =
            "5,812,1234567,-;audit: type=1326 audit(1700000000.123:45): auid=4294967295"
            + " uid=1879048193 gid=1879048193 ses=4294967295 subj=unconfined pid=812 comm=\"x\""
            + " exe=\"/bin/x\" sig=31 arch=c000003e syscall=101 compat=0 ip=0x7f code=0x80000000\n"
        #expect(
            kill(record)
                == SeccompKill(
                    hostPID: 812, user: 1_879_048_193, call: 101, architecture: 0xc000_003e))
    }

    @Test func whatIsOnlyLoggedOrIsWrittenBySomebodyElseIsNone() {
        let text =
            "audit: type=1326 audit(1:1): uid=1 pid=2 comm=\"x\" sig=0 arch=c000003e syscall=3"
        #expect(kill("5,1,1,-;" + text) == nil)
        let real =
            "audit: type=1326 audit(1:1): uid=1 pid=2 comm=\"x\" sig=31 arch=c000003e syscall=3"
        #expect(kill("5,1,1,-;" + real) != nil)
        // Facility 1: of a process that writes to /dev/kmsg.
        #expect(kill("13,1,1,-;" + real) == nil)
        #expect(kill("5,1,1,-;x" + real) == nil)
        #expect(kill(real) == nil)
    }
}
