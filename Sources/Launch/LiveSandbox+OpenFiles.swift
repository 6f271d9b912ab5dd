internal import Cgroups
public import Plan
internal import Syscalls

extension LiveSandbox {
    /// The process of a run that has the largest part of its open files in use: RLIMIT_NOFILE of
    /// getrlimit(2). Nil where nobody can be looked at.
    ///
    /// Of the first `filesProcessesMax` processes: looking costs a directory of /proc each.
    public func openFiles(of run: RunID) -> (used: Int, max: Int, command: String)? {
        var most: (used: Int, max: Int, command: String)?
        for pid in cgroup.pids(in: leaf(of: run)).prefix(filesProcessesMax) {
            guard let limits = try? readFile("/proc/\(pid)/limits"),
                let max = openFilesMax(limits),
                let directory = try? Directory(opening: "/proc/\(pid)/fd"),
                let used = (try? directory.names())?.count
            else { continue }
            if let known = most, used * known.max <= known.used * max { continue }
            let name = (try? readFile("/proc/\(pid)/comm"))?.prefix { $0 != "\n" } ?? ""
            most = (used, max, String(name))
        }
        return most
    }
}

/// More would be a wait that others notice.
private let filesProcessesMax = 32

/// The soft limit in /proc/PID/limits: `Max open files  1024  524288  files`.
private func openFilesMax(_ text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix("Max open files") {
        return line.split(separator: " ").dropFirst(3).first.flatMap { Int($0) }
    }
    return nil
}
