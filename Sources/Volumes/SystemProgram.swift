internal import Syscalls

/// A program of the system's that works on file systems.
struct SystemProgram {
    let name: String
    let package: String

    static let makeExt4 = SystemProgram(name: "mkfs.ext4", package: "e2fsprogs")
    static let checkExt4 = SystemProgram(name: "e2fsck", package: "e2fsprogs")

    /// How it ended, and the first line that it said.
    struct Outcome {
        let status: Int32
        let text: String
    }

    private static let directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    /// What of its words is kept: enough for its first line.
    private static let textMax = 400

    /// Runs it to its end.
    func run(_ arguments: [String]) throws(VolumeError) -> Outcome {
        var found: String?
        for directory in Self.directories where found == nil {
            if (try? open("\(directory)/\(name)", .path)) != nil { found = "\(directory)/\(name)" }
        }
        guard let path = found else { throw .noProgram(name, package: package) }
        return try trying { () throws(SystemCallError) in
            let pipe = try Syscalls.pipe()
            let (reading, writing) = pipe.split()
            let output = FileDescriptor(owning: reading)
            let child: ProcessHandle
            do {
                // Closed here as soon as the child has it: its end is the end of the text.
                let theirs = FileDescriptor(owning: writing)
                child = try spawnProgram(
                    path, arguments: [name] + arguments,
                    environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
                    descriptors: [nil, theirs.number, theirs.number])
            }
            var text: [UInt8] = []
            while true {
                let piece = try output.read(upTo: 4_096)
                if piece.isEmpty { break }
                text += piece.prefix(Self.textMax - text.count)
            }
            let status: Int32 =
                switch try child.wait().status {
                case .exited(let code): code
                case .killed(let signal, _): 128 + signal
                }
            return Outcome(status: status, text: Self.firstLine(text))
        }
    }

    private static func firstLine(_ text: [UInt8]) -> String {
        let lines = text.split(separator: UInt8(ascii: "\n"))
        return lines.first.map { String(decoding: $0, as: UTF8.self) } ?? "it said nothing"
    }
}
