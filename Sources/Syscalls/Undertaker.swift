internal import CLinux

/// A tiny process that outlives this one for a moment: when this one dies, however it dies, it
/// kills what runs in one cgroup and removes that cgroup.
///
/// It is started before the cgroup is made, so there is no moment at which a death leaves a cgroup
/// behind. It sleeps in poll(2) on a pidfd, shares our memory, holds no descriptor of ours but the
/// parent directory, and ends with this value. It has a session of its own, so a signal to our
/// process group or from our terminal does not reach it.
public struct Undertaker: ~Copyable, @unchecked Sendable {
    private var process: bh_undertaker

    public var pid: Int32 { process.pid }

    /// Starts it for the directory `name` below `parent`, which need not exist yet.
    ///
    /// - Parameter watched: the pidfd of the process whose death it waits for; nil: this one.
    public init(
        of name: String, below parent: borrowing Directory, watching watched: CInt? = nil
    ) throws(SystemCallError) {
        var process = bh_undertaker()
        let number = parent.number
        if let watched {
            try checked("clone3", on: "an undertaker") {
                bh_undertaker_start(number, name, watched, &process)
            }
        } else {
            let own = try checked("pidfd_open", on: "this process") {
                bh_pidfd_open(CInt(bh_getpid()))
            }
            // The undertaker has its copy by then.
            defer { _ = bh_close(CInt(own)) }
            try checked("clone3", on: "an undertaker") {
                bh_undertaker_start(number, name, CInt(own), &process)
            }
        }
        self.process = process
    }

    /// Tells it which cgroup was made. Until then it kills nothing and removes only what is empty.
    public mutating func entrust(inode: UInt64) { bh_undertaker_entrust(&process, inode) }

    deinit {
        var process = process
        bh_undertaker_dismiss(&process)
    }
}
