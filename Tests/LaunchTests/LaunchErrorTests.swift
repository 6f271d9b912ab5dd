import Control
import Plan
import Syscalls
import Testing

@testable import Launch

struct LaunchErrorTests {
    @Test func theExitStatusIsThatOfAShell() {
        #expect(LaunchError.notFound(command: "x", path: nil).exitStatus == 127)
        #expect(LaunchError.notExecutable(command: "x", .EACCES).exitStatus == 126)
        let call = SystemCallError("pipe2", on: "a new pipe", .EMFILE)
        for error: LaunchError in [
            .refused(InvalidValue("--memory", "1", "is small")), .step(.becomeRoot, .EPERM),
            .spawn(.fork, .EAGAIN), .unsuitableStream(name: "input", kind: "directory"),
            .initMissing(searched: []), .initFailed("x"), .failed(call), .injected("x"),
        ] {
            #expect(error.exitStatus == 125)
        }
    }

    @Test func whatAPartRefusedIsSaidInItsOwnWords() {
        let inner = InvalidValue("--memory", "1", "is small", hint: "write more")
        #expect(LaunchError.refused(inner).message == "--memory '1': is small")
        #expect(LaunchError.refused(inner).hint == "write more")
    }

    @Test func aCommandThatIsNotFoundSaysWhereItWasLookedFor() {
        let searched = LaunchError.notFound(command: "mak\u{1B}e", path: "/bin")
        #expect(
            searched.message
                == "'mak\\u{1b}e': command not found in the sandbox's PATH '/bin'")
        #expect(searched.hint == "give its path inside the sandbox, or set PATH with --env")
        let path = LaunchError.notFound(command: "/opt/x", path: nil)
        #expect(
            path.message
                == "'/opt/x': no such file in the sandbox, or its interpreter is not there")
        #expect(path.hint == "only /usr and what --ro and --rw grant is visible inside")
    }

    @Test func aCommandThatCannotBeExecutedSaysWhatItNeeds() {
        #expect(
            LaunchError.notExecutable(command: "./x", .EACCES).message
                == "'./x': cannot be executed: EACCES (permission denied)")
        #expect(
            LaunchError.notExecutable(command: "./x", .EACCES).hint
                == "it needs the x bit and to be readable by the sandbox's user (--user)")
        #expect(
            LaunchError.notExecutable(command: "./x", .ENOEXEC).hint
                == "a script needs a first line such as #!/bin/sh")
        #expect(LaunchError.notExecutable(command: "./x", .EINVAL).hint == nil)
    }

    @Test func aStepOfTheChildIsNamed() {
        let mount = LaunchError.step(
            .mount(type: "proc", at: "proc", flags: [], options: ""), .EPERM)
        #expect(mount.message == "cannot mount proc at /proc in the sandbox: EPERM (not permitted)")
        #expect(
            mount.hint
                == "the host's /proc is partly hidden, as in a container; run where it is whole")
        let attach = LaunchError.step(.attach(9, at: "data"), .ENOENT)
        #expect(
            attach.message
                == "cannot attach /data in the sandbox: ENOENT (no such file or directory)")
        #expect(
            attach.hint
                == "the directory to mount at does not exist; create it, or mount somewhere else")
        #expect(
            LaunchError.step(.renewKeyring, .EPERM).hint
                == "see bulkhead doctor for what this host lacks")
        #expect(LaunchError.step(.leaveHost, .ENOMEM).hint == "raise --memory")
        #expect(LaunchError.step(.leaveHost, .EINVAL).hint == nil)
    }

    @Test func everyStageOfInitHasItsWords() {
        let labels = SpawnStage.allCases.map(\.label)
        #expect(Set(labels).count == labels.count)
        #expect(
            LaunchError.spawn(.directory, .EACCES).message
                == "cannot start the command: enter the working directory: "
                + "EACCES (permission denied)")
        #expect(
            LaunchError.spawn(.directory, .EACCES).hint
                == "choose a --workdir that the command's user may enter")
        #expect(LaunchError.spawn(.fork, .EAGAIN).hint == "raise --pids")
        #expect(LaunchError.spawn(.execute, .ENOMEM).hint == "raise --memory")
        #expect(
            LaunchError.spawn(.capabilities, .EPERM).hint
                == "the host does not grant that capability: see --cap")
    }

    @Test func whatIsMissingOnTheHostIsNamedWithTheWayOut() {
        let missing = LaunchError.initMissing(searched: ["/a/bulkhead-init", "/b/bulkhead-init"])
        #expect(
            missing.message
                == "bulkhead-init is missing: looked for it at /a/bulkhead-init, /b/bulkhead-init")
        #expect(missing.hint == "build or install it: scripts/build, scripts/install")
        let files = LaunchError.failed(SystemCallError("pipe2", on: "a new pipe", .EMFILE))
        #expect(
            files.message == "cannot launch: pipe2 a new pipe: EMFILE (too many open files)")
        #expect(files.hint == "raise the limit of open files: ulimit -n")
        let stream = LaunchError.unsuitableStream(name: "input", kind: "directory")
        #expect(
            stream.message == "standard input is a directory: it would let the sandbox out")
        #expect(stream.hint == "redirect it from or to a file, a pipe or /dev/null")
    }
}
