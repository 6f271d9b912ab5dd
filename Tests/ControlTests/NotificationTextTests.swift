import Testbed
import Testing

@testable import Control

struct NotificationTextTests {
    @Test(
        arguments: [
            ("READY=1", 1), ("WATCHDOG=1\n", 2), ("STOPPING=1", 4), ("READY=1\nSTOPPING=1", 5),
            ("STATUS=on its way\nREADY=1\nMAINPID=4", 1), ("\n\nREADY=1\n\n", 1),
        ] as [(String, UInt8)])
    func whatIsSaidIsHeard(text: String, said: UInt8) {
        #expect(notifications(text).rawValue == said)
    }

    @Test(arguments: [
        "", "\n", "READY=0", "READY=11", " READY=1", "READY=1 ", "ready=1", "READY=1\u{0}", "READY",
        "STATUS=READY=1", "WATCHDOG=trigger", "STATUS=READY=1\\nREADY=1", "READY=1\r\n",
    ])
    func whatIsNotSaidIsNotHeard(text: String) {
        #expect(notifications(text) == [])
    }

    @Test func anyBytesAreText() {
        var seeded = Seeded(7)
        for _ in 0..<2_000 {
            let bytes = seeded.string(0...200)
            // READY=1 does not come about by itself.
            #expect(Notifications(text: bytes[...]) == [])
        }
        var framed = [1, 2, 3] + Array("READY=1\n".utf8) + [4]
        #expect(Notifications(text: framed[3..<11]) == .ready)
        framed[3] = 0
        #expect(Notifications(text: framed[3..<11]) == [])
    }

    private func notifications(_ text: String) -> Notifications {
        Notifications(text: Array(text.utf8)[...])
    }
}
