import Plan
import Testing

@testable import Policy

struct DescriptionTests {
    @Test func thePlanReadsLikeThis() throws {
        let plan = try plan {
            $0.command = ["make", "-j2", "CC=gcc -O2", "it's"]
            $0.grants = [
                .readOnly(path: "/data", at: "/in"), .tmpfs(at: "/t", size: .mebibytes(1)),
            ]
            $0.timeLimit = Milliseconds(90_000)
            $0.limits.memoryHigh = .mebibytes(400)
        }
        let text = plan.description
        let head = text.split(separator: "\n").prefix(19).joined(separator: "\n")
        #expect(
            head == """
                sandbox       run-1, host name run-1
                command       make -j2 'CC=gcc -O2' 'it'\\''s'
                directory     /srv/shop
                user          1000:1000 of 65,536 ids in a user namespace of its own
                namespaces    user mount pid ipc uts cgroup net
                network       loopback only
                capabilities  none
                seccomp       profile default, no_new_privs
                limits        memory.max 512M
                              memory.high 400M
                              memory.swap.max 0
                              cpu.max 1 processors
                              pids.max 256
                each process  RLIMIT_CORE 1
                              RLIMIT_NOFILE 1024, at most 16384
                              RLIMIT_MEMLOCK 8388608
                              RLIMIT_NICE 0
                              RLIMIT_RTPRIO 0
                time          ended after 1m30s, killed 5s later
                """)
        #expect(
            text.hasSuffix(
                """
                              /sys/fs/cgroup, cgroup2, read-only
                              /in from /data, read-only, its owner shown as the user
                              /t, tmpfs of at most 1M
                              /srv/shop, writable, its owner shown as the user
                Landlock      writes only below /tmp /var/tmp /dev /run /proc /home/user /t /srv/shop

                """))
    }

    @Test func everyMountAndEveryEntryOfTheRootIsOnALineOfItsOwn() throws {
        let plan = try plan()
        let lines = plan.description.split(separator: "\n").map { $0.dropFirst(14) }
        for mount in plan.sandbox.mounts {
            #expect(lines.contains { $0.hasPrefix(mount.destination) }, "\(mount.destination)")
        }
        for entry in plan.sandbox.root.entries {
            #expect(lines.contains { $0.hasPrefix("/" + entry.path) }, "\(entry.path)")
        }
    }

    @Test func theHostsNetworkAndATerminalAreSaid() throws {
        let text = try plan {
            $0.network = .host
            $0.terminal = true
            $0.capabilities = ["CAP_CHOWN"]
            $0.limits = Limits()
        }.description
        #expect(text.contains("network       the host's, not isolated\n"))
        #expect(text.contains("namespaces    user mount pid ipc uts cgroup\n"))
        #expect(text.contains("terminal      one of its own\n"))
        #expect(text.contains("capabilities  CAP_CHOWN\n"))
        #expect(text.contains("limits        none\n"))
    }

    @Test func nothingInAPlanCanForgeALineOrDriveATerminal() throws {
        let evil = "x\n\u{1B}[2Jsandbox  \u{202E}\u{9B}"
        let text = try plan(on: .debian.standing(in: "/srv/" + evil)) {
            $0.command = [evil, evil]
            $0.environment = [EnvironmentVariable(name: "A", value: evil)]
            $0.grants = [.readOnly(path: "/" + evil, at: "/in" + evil)]
        }.description
        let lines = text.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("sandbox") }.count == 1)
        let dangerous = text.unicodeScalars.filter {
            $0 != "\n" && ($0.properties.generalCategory == .control || $0 == "\u{202E}")
        }
        #expect(dangerous.isEmpty)
    }
}
