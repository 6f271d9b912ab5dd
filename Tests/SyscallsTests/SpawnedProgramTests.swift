import Syscalls
import Testing

@Suite struct SpawnedProgramTests {
    @Test func aProgramRunsWithTheDescriptorsAndEnvironmentItWasGiven() throws {
        let (read, write) = try pipe().split()
        let output = FileDescriptor(owning: write)
        let input = FileDescriptor(owning: read)
        let child = try spawnProgram(
            "/bin/sh", arguments: ["sh", "-c", "echo $GIVEN $#; exit 7", "sh", "one"],
            environment: ["GIVEN=yes"], descriptors: [nil, output.number, nil])
        #expect(try child.wait().status == .exited(code: 7))
        #expect(try input.read(upTo: 64) == Array("yes 1\n".utf8))
    }

    @Test func aProgramThatIsNotThereIsNamed() throws {
        let error = #expect(throws: SystemCallError.self) {
            _ = try spawnProgram(
                "/nonexistent/x", arguments: ["x"], environment: [], descriptors: []
            ).pid
        }
        #expect(error == SystemCallError("posix_spawn", on: "/nonexistent/x", .ENOENT))
    }

    @Test func aGroupIsFoundByItsName() throws {
        #expect(try groupNumber("root") == 0)
        #expect(try groupNumber("no-such-group-here") == nil)
    }
}
