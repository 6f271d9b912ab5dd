import Testbed
import Testing

@testable import Syscalls

struct CheckedTests {
    @Test func aResultIsPassedOn() throws {
        #expect(try checked("call", on: "it") { 0 } == 0)
        #expect(try checked("call", on: "it") { 41 } == 41)
    }

    @Test func aNegativeResultIsTheErrorAndNamesCallAndTarget() {
        let error = failure { () throws(SystemCallError) in
            try checked("openat2", on: "/x") { -2 }
        }
        #expect(error == SystemCallError("openat2", on: "/x", .ENOENT))
        #expect(error?.description == "openat2 /x: ENOENT (no such file or directory)")
    }

    @Test func anInterruptedCallIsMadeAgain() throws {
        var calls = 0
        let result = try checked("read", on: "it") {
            calls += 1
            return calls < 4 ? -4 : 7
        }
        #expect(result == 7)
        #expect(calls == 4)
    }

    @Test func theTargetIsNotNamedWhereNothingFails() throws {
        var named = false
        func name() -> String {
            named = true
            return "it"
        }
        try checked("call", on: name()) { 0 }
        #expect(!named)
    }

    @Test func everyErrorHasItsSymbolAndAnUnknownOneItsNumber() {
        let known: [Errno] = [
            .EPERM, .ENOENT, .ESRCH, .EINTR, .EIO, .ENXIO, .ENOEXEC, .EBADF, .ECHILD, .EAGAIN,
            .ENOMEM, .EACCES, .EBUSY, .EEXIST, .EXDEV, .ENODEV, .ENOTDIR, .EISDIR, .EINVAL,
            .ENFILE, .EMFILE, .ENOTTY, .EFBIG, .ENOSPC, .EROFS, .EPIPE, .ERANGE, .ENAMETOOLONG,
            .ENOSYS, .ENOTEMPTY, .ELOOP, .ETIME, .EOVERFLOW, .EUSERS, .EMSGSIZE, .EOPNOTSUPP,
            .ECONNRESET, .ETIMEDOUT, .ECONNREFUSED, .ECANCELED, .EOWNERDEAD,
        ]
        #expect(Set(known).count == known.count)
        for errno in known { #expect(errno.description.hasPrefix("E"), "\(errno.rawValue)") }
        #expect(Errno(rawValue: 222).description == "error 222")
    }
}
