import Syscalls
import Testing

@testable import Namespaces

struct NamespaceErrorTests {
    private func refused(_ errno: Errno) -> NamespaceError {
        .refused(SystemCallError("clone3", on: "a sandbox", errno))
    }

    @Test func theTextSaysWhatAndWhy() {
        #expect(
            refused(.EPERM).message
                == "cannot make the sandbox's namespaces: clone3 a sandbox: EPERM (not permitted)")
        #expect(
            NamespaceError.exhausted.message == "all 4094 id ranges are in use by sandboxes")
    }

    @Test func eachCauseThatCanBeRemediedSaysHow() {
        let sysctl =
            "raise user.max_user_namespaces and its siblings: sysctl -w user.max_user_namespaces=65536"
        #expect(refused(.ENOSPC).hint == sysctl)
        #expect(refused(.EUSERS).hint == sysctl)
        #expect(
            refused(.EPERM).hint
                == "run as root; inside a container it needs CAP_SYS_ADMIN and a seccomp profile "
                + "that allows clone3 with namespaces")
        #expect(
            refused(.EINVAL).hint
                == "the kernel lacks a namespace type or is older than 5.7: see bulkhead doctor")
        #expect(refused(.ENOMEM).hint == nil)
        #expect(NamespaceError.exhausted.hint == "end a sandbox first")
        let denied = SystemCallError("openat2", on: "/run/bulkhead/id-ranges", .EACCES)
        #expect(NamespaceError.failed(denied).hint == "run as root")
    }
}
