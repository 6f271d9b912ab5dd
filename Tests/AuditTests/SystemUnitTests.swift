import Testing

@testable import Audit

struct SystemUnitTests {
    @Test(arguments: [
        ("0::/system.slice/cron.service\n", "cron.service"),
        ("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"),
        ("0::/init.scope\n", "init.scope"),
        ("0::/system.slice/_cpu.service\n", "cpu.service"),
        ("0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service"),
        // A user's own systemd, whose units have the names that the user wants.
        (
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/cron.service\n",
            "user@1000.service"
        ),
        ("0::/system.slice/a.service/b.service/sub\n", "a.service"),
        ("0::/user.slice/user-1000.slice/session-3.scope/x/root.service\n", "session-3.scope"),
        ("5:cpu,cpuacct:/x.service\n1:name=systemd:/system.slice/old.service\n", "old.service"),
        ("1:name=systemd:/system.slice/old.service\n0::/\n", "old.service"),
    ])
    func theMachinesUnitIsTold(_ text: String, _ unit: String) {
        #expect(systemUnit(inCgroups: text) == unit)
    }

    @Test(arguments: [
        "", "\n", "0::/\n", "0::/user.slice\n", "0::/user.slice/mine/cron.service\n",
        "0::/../cron.service\n", "0::/system.slice/a b.service\n", "0:/cron.service\n",
        "5:cpu:/system.slice/cron.service\n", "0::/system.slice/\u{1b}[2J.service\n",
        "0::/" + String(repeating: "x", count: 300) + ".service\n",
    ])
    func whatIsNoUnitIsNone(_ text: String) { #expect(systemUnit(inCgroups: text) == nil) }
}
