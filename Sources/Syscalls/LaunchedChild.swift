internal import CLinux

/// A child that walks launch steps and becomes init, seen from its parent: it is begun, exists
/// (`join()`), walks (`walk(_:)`), and is waited for.
///
/// Until it has become init it shares this process's memory: steps and strings stay allocated here
/// as long as this lives, and with this the child dies.
public struct LaunchedChild: ~Copyable {
    private let launch: UnsafeMutablePointer<bh_launch>
    private let early: StepMemory
    private var main: StepMemory?
    private let idMap: UnsafePointer<CChar>
    private var joined = false
    private var reaped = false
    private var released = false

    /// Begins to make a child in new namespaces, while this thread goes on. The corresponding call
    /// is clone3(2), made by a thread of its own.
    ///
    /// - Parameters:
    ///   - cgroup: a directory descriptor of the cgroup to be created in; nil: the parent's.
    ///   - idMap: the line for its uid_map and gid_map: user_namespaces(7).
    ///   - early: what it does as soon as it has its ids.
    ///   - fault: the index of an early step that fails with `EIO` in place of being done.
    public init(
        namespaces: NamespaceFlags, cgroup: CInt?, idMap: String, early: [LaunchStep],
        fault: Int? = nil
    ) throws(SystemCallError) {
        let launch = UnsafeMutablePointer<bh_launch>.allocate(capacity: 1)
        launch.initialize(to: bh_launch())
        let memory = StepMemory(early)
        let map = copyOfCString(idMap)
        launch.pointee.namespaces = namespaces.rawValue
        launch.pointee.cgroup = cgroup ?? -1
        launch.pointee.id_map = map
        launch.pointee.early = memory.walk(fault: fault)
        do throws(SystemCallError) {
            try checked("clone3", on: "a launching thread") { bh_launch_begin(launch) }
        } catch {
            map.deallocate()
            launch.deallocate()
            throw error
        }
        self.launch = launch
        self.early = memory
        self.idMap = map
    }

    /// Waits until the child exists and has its ids; throws what the kernel refused of that.
    public mutating func join() throws(SystemCallError) {
        let launch = self.launch
        try checked("clone3", on: "a sandbox") { bh_launch_join(launch) }
        joined = true
        try checked("write", on: "its id maps") { Int64(launch.pointee.mapped) }
    }

    /// In our pid namespace; after `join()`.
    public var pid: Int32 { launch.pointee.pid }

    /// Its pidfd, readable when it has ended; after `join()`.
    public var descriptor: CInt { launch.pointee.pidfd }

    /// Lets the child walk.
    ///
    /// - Parameters:
    ///   - control: what becomes descriptor 3 of init.
    ///   - standard: what become descriptors 0, 1 and 2.
    ///   - fault: the index of a step that fails with `EIO` in place of being done.
    public mutating func walk(
        _ steps: [LaunchStep], control: CInt, standard: (CInt, CInt, CInt), fault: Int? = nil
    ) throws(SystemCallError) {
        let memory = StepMemory(steps)
        let launch = self.launch
        launch.pointee.main = memory.walk(fault: fault)
        main = memory
        launch.pointee.control = control
        launch.pointee.standard = standard
        try checked("write", on: "the go-ahead") { bh_launch_walk(launch) }
    }

    /// A step that failed.
    public struct Failure: Hashable, Sendable {
        public let step: LaunchStep
        public let errno: Errno
    }

    /// The step at which a child ended that did not become init; nil where none failed.
    public var failure: Failure? {
        early.failure(launch.pointee.early) ?? main?.failure(launch.pointee.main)
    }

    /// Sends a signal; a child that has ended already is no error. The corresponding call is
    /// pidfd_send_signal(2).
    public func signal(_ signal: Signal) throws(SystemCallError) {
        try sendSignal(signal, toProcess: pid, by: descriptor)
    }

    /// Waits until the child has ended, and reaps it. The corresponding call is waitid(2).
    public mutating func wait() throws(SystemCallError) -> ProcessExit {
        let exit = try waitForEnd(ofProcess: pid, by: descriptor)
        reaped = true
        return exit
    }

    /// Gives the child away after it has become init: it lives on, and shares nothing with us any more.
    public mutating func release() throws(SystemCallError) -> ProcessHandle {
        let handle = ProcessHandle(
            pid: pid, descriptor: try FileDescriptor(duplicating: descriptor))
        released = true
        return handle
    }

    deinit {
        // Before it exists it cannot be ended.
        let exists = joined || bh_launch_join(launch) == 0
        if exists {
            if !reaped && !released {
                bh_launch_settle(launch)
                // It reads our memory until it has become init; and an init of nobody's is to end.
                // Both calls fail only where it is gone.
                try? sendSignal(.SIGKILL, toProcess: launch.pointee.pid, by: launch.pointee.pidfd)
                _ = try? waitForEnd(ofProcess: launch.pointee.pid, by: launch.pointee.pidfd)
            }
            _ = bh_close(launch.pointee.pidfd)
        }
        bh_launch_finish(launch)
        idMap.deallocate()
        launch.deallocate()
    }
}
