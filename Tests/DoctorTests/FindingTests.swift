import Cgroups
@testable import Doctor
import Plan
import Seccomp
import Syscalls
import Testing
import Tracing

@Suite struct FindingTests {
    @Test(arguments: [
        ("6.1.0-26-amd64", Finding.Status.ok), ("5.14.0", .ok), ("5.13.19", .missing),
        ("4.18.0-553.el8", .missing), ("10.0", .ok), ("6.18.44-fc-v657", .ok),
        ("strange", .degraded),
        ("", .degraded),
    ])
    func aKernelMustBeNewEnough(release: String, status: Finding.Status) {
        #expect(KernelFindings.version(release).status == status)
    }

    @Test func anOldKernelIsToldWhichOneToBoot() {
        #expect(
            KernelFindings.version("5.10.0")
                == Finding(
                    .missing, "kernel", "5.10.0 lacks cgroup.kill and more",
                    "boot Linux 5.14 or later"))
        #expect(KernelFindings.version(nil).advice == "mount -t proc proc /proc")
    }

    @Test func whatWorksIsOneLineAndWhatDoesNotHasItsOwn() {
        let findings = KernelFindings.answers(
            "system calls",
            [
                ("a", {}),
                (
                    "b",
                    { () throws(SystemCallError) in throw SystemCallError("b", on: "", .ENOSYS) }
                ),
                ("c", {}),
            ]
        ) { $0 == .ENOSYS ? "boot another" : nil }
        #expect(
            findings == [
                Finding(.ok, "system calls", "a, c"),
                Finding(
                    .missing, "system calls", "b: ENOSYS (not in this kernel)", "boot another"),
            ])
    }

    @Test(arguments: [
        (Errno.ENOSPC, "sysctl -w user.max_user_namespaces=15000"),
        (.EPERM, "run as root, outside of a chroot or a container that forbids namespaces"),
        (.EINVAL, "boot a kernel with CONFIG_USER_NS"),
    ])
    func aRefusedNamespaceComesWithAWayOut(errno: Errno, advice: String) {
        #expect(
            NamespaceFindings.advice(errno, kind: "user", limit: "max_user_namespaces") == advice)
    }

    @Test func fewUserNamespacesAreAWarning() throws {
        let few = try Fixture([("/proc/sys/user/max_user_namespaces", "3\n")])
        #expect(NamespaceFindings.userNamespaceLimit(few.host)?.status == .degraded)
        let many = try Fixture([("/proc/sys/user/max_user_namespaces", "96000\n")])
        #expect(NamespaceFindings.userNamespaceLimit(many.host) == nil)
    }

    @Test func onlyRootWithItsCapabilitiesCanLaunch() {
        let all: UInt64 = (1 << 41) - 1
        #expect(
            PrivilegeFindings.privileges(user: 1_000, capabilities: all) == [
                Finding(.missing, "privileges", "user 1000", "run as root: sudo bulkhead doctor")
            ])
        #expect(
            PrivilegeFindings.privileges(user: 0, capabilities: all) == [
                Finding(.ok, "privileges", "root with all that is needed")
            ])
        // CAP_SYS_ADMIN is 21, CAP_SYS_RESOURCE 24: linux/capability.h.
        #expect(
            PrivilegeFindings.privileges(user: 0, capabilities: all & ~(1 << 21)).map(\.found) == [
                "root without CAP_SYS_ADMIN"
            ])
        #expect(
            PrivilegeFindings.privileges(user: 0, capabilities: all & ~(1 << 24)).map(\.status) == [
                .degraded
            ])
    }

    @Test func whereSystemdIsNotTheInitNobodyAsksIt() throws {
        let other = try Fixture([("/proc/1/comm", "runit\n")])
        let finding = ServiceFindings.systemd(other.host) { () throws(CgroupError) in
            Issue.record("asked")
            return ""
        }
        #expect(
            finding
                == Finding(
                    .ok, "systemd", "not the init here (that is runit): cgroups are made directly"))
    }

    @Test func whereSystemdIsTheInitItHasToAnswer() throws {
        let booted = try Fixture([("/run/systemd/system/", "")])
        let answer = { (version: String) in
            ServiceFindings.systemd(booted.host) { () throws(CgroupError) in version }
        }
        #expect(
            answer("252.22-1~deb12u1")
                == Finding(.ok, "systemd", "252.22-1~deb12u1 answers"))
        #expect(answer("241").status == .degraded)
        let silent = ServiceFindings.systemd(booted.host) { () throws(CgroupError) in
            throw .busUnreachable(reason: "no socket")
        }
        #expect(silent.status == .missing)
        #expect(silent.found == "systemd cannot be reached: no socket")
    }

    @Test func withoutAJournalOrPressureSandboxesStillRun() throws {
        let bare = try Fixture([])
        #expect(ServiceFindings.journal(bare.host).status == .degraded)
        #expect(
            ServiceFindings.pressure(bare.host).advice == "add psi=1 to the kernel's command line")
        let whole = try Fixture(["cpu", "memory", "io"].map { ("/proc/pressure/\($0)", "some\n") })
        #expect(ServiceFindings.pressure(whole.host).status == .ok)
    }

    @Test func whetherDeniedCallsAreNamedTheSupervisorSaysOrTheKernelShows() {
        let all = LoggedActions(parsing: "kill_process kill_thread trap errno trace log\n")
        func finding(
            user: UInt32 = 0, _ answer: SupervisorAnswer, logged: LoggedActions? = nil,
            unseen: DenialsUnseen? = nil
        ) -> Finding {
            DenialFindings.denials(
                user: user, logged: logged ?? all,
                ask: {
                    if user != 0 { Issue.record("asked") }
                    return answer
                },
                watch: { () throws(DenialsUnseen) in if let unseen { throw unseen } })
        }
        let well = finding(.component(isWell: true, text: "named within a second"))
        #expect(well.status == .ok && well.found.hasPrefix("named within a second"))
        let blind = DenialsUnseen(message: "no BPF", hint: "boot another")
        let unwell = finding(.component(isWell: false, text: "not counted"), unseen: blind)
        #expect(unwell == Finding(.degraded, "denied calls", "not counted", "boot another"))
        let full = finding(.component(isWell: false, text: "not counted"))
        #expect(full.status == .degraded && full.found == "not counted" && full.advice != nil)
        #expect(
            finding(.failed("it does not answer", hint: "wait"))
                == Finding(.degraded, "denied calls", "it does not answer", "wait"))
        #expect(finding(.none).status == .ok)
        #expect(
            finding(.none, unseen: blind)
                == Finding(.degraded, "denied calls", "no BPF", "boot another"))
        let quiet = finding(.none, logged: LoggedActions(parsing: "kill_process trap log"))
        #expect(quiet.status == .degraded && quiet.found.contains("by kill_thread, errno are not"))
        #expect(quiet.advice == "add kill_thread, errno to that sysctl")
        // Whoever may not ask would be recorded as refused.
        #expect(finding(user: 1_000, .none).advice == "run as root")
    }

    @Test func securityModulesAreListed() throws {
        let host = try Fixture([("/sys/kernel/security/lsm", "lockdown,yama,apparmor")])
        #expect(
            FenceFindings.securityModules(host.host)
                == Finding(.ok, "security modules", "lockdown, yama, apparmor"))
        #expect(FenceFindings.securityModules(try Fixture([]).host).status == .degraded)
    }

    @Test func filesOfOurOwnAreLookedForWhereTheProgramIs() throws {
        let installation = Installation(executable: "/usr/bin/bulkhead")
        let bare = try Fixture([])
        let none = ProfileStore(directories: ["\(bare.root)/profiles"], cacheDirectory: nil)
        #expect(
            InstallationFindings.all(installation, none, bare.host) == [
                Finding(
                    .missing, "bulkhead-init", "not at /usr/libexec/bulkhead/bulkhead-init",
                    "install the whole of Bulkhead: scripts/install"),
                Finding(
                    .missing, "seccomp profile",
                    "profile 'default': not found in \(bare.root)/profiles",
                    "install the whole of Bulkhead: scripts/install"),
            ])
        let whole = try Fixture([("/usr/libexec/bulkhead/bulkhead-init", "")])
        #expect(InstallationFindings.all(installation, none, whole.host)[0].status == .ok)
    }

    @Test func aBrokenProfileIsFoundBeforeARunIs() throws {
        let fixture = try Fixture([("/profiles/default.json", "{")])
        let store = ProfileStore(directories: ["\(fixture.root)/profiles"], cacheDirectory: nil)
        let findings = InstallationFindings.all(
            Installation(executable: "/usr/bin/bulkhead"), store, fixture.host)
        #expect(findings[1].status == .missing)
        #expect(findings[1].found.contains("default.json:1:"))
    }

    @Test func aLimitThatEveryRunHasIsMissingAndAnotherOnlyMissed() {
        let findings = CgroupFindings.controllers(
            [.cpu, .pids],
            missing: [
                MissingController(.io, .notInKernel), MissingController(.memory, .disabled),
            ])
        #expect(findings.map(\.status) == [.ok, .degraded, .missing])
        #expect(findings[0].found == "cpu, pids")
        #expect(findings[2].advice?.contains("cgroup_disable=memory") == true)
    }
}
