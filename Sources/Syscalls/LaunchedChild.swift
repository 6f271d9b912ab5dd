internal import CLinux

/// A child that walks launch steps and becomes init, seen from its parent: it is begun, exists
/// (`join()`), walks (`walk(_:)`), and is waited for.
///
/// Until it has become init it shares this process's memory: steps and strings stay allocated here
/// as long as this lives, and with this the child dies.
public struct LaunchedChild: ~Copyable {
    private let launch: UnsafeMutablePointer<bh_launch>
    private var steps: [LaunchStep] = []
    private var rawSteps: UnsafeMutableBufferPointer<bh_step>?
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private var joined = false
    private var reaped = false

    /// Begins to make a child in new namespaces, while this thread goes on. The corresponding call
    /// is clone3(2), made by a thread of its own.
    ///
    /// - Parameter cgroup: a directory descriptor of the cgroup to be created in; nil: the parent's.
    public init(namespaces: NamespaceFlags, cgroup: CInt?) throws(SystemCallError) {
        let launch = UnsafeMutablePointer<bh_launch>.allocate(capacity: 1)
        launch.initialize(to: bh_launch())
        launch.pointee.namespaces = namespaces.rawValue
        launch.pointee.cgroup = cgroup ?? -1
        do throws(SystemCallError) {
            try checked("clone3", on: "a launching thread") { bh_launch_begin(launch) }
        } catch {
            launch.deallocate()
            throw error
        }
        self.launch = launch
    }

    /// Waits until the child exists; throws what clone3(2) refused.
    public mutating func join() throws(SystemCallError) {
        let launch = self.launch
        try checked("clone3", on: "a sandbox") { bh_launch_join(launch) }
        joined = true
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
        let raw = UnsafeMutableBufferPointer<bh_step>.allocate(capacity: steps.count)
        for (index, step) in steps.enumerated() {
            raw.initializeElement(at: index, to: bh_step(step, strings: &strings))
        }
        rawSteps = raw
        self.steps = steps
        let launch = self.launch
        launch.pointee.steps = UnsafePointer(raw.baseAddress)
        launch.pointee.count = UInt32(steps.count)
        launch.pointee.control = control
        launch.pointee.standard = standard
        launch.pointee.fault = Int32(fault ?? -1)
        try checked("write", on: "the go-ahead") { bh_launch_walk(launch) }
    }

    /// A step that failed.
    public struct Failure: Hashable, Sendable {
        public let step: LaunchStep
        public let errno: Errno
    }

    /// The step at which a child ended that did not become init; nil where none failed.
    public var failure: Failure? {
        let failed = Int(launch.pointee.failed_step)
        return failed == 0
            ? nil
            : Failure(
                step: steps[failed - 1], errno: Errno(rawValue: launch.pointee.failed_errno))
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

    deinit {
        // Before it exists it cannot be ended.
        let exists = joined || bh_launch_join(launch) == 0
        if exists {
            if !reaped {
                // It reads our memory until it has become init; and an init of nobody's is to end.
                // Both calls fail only where it is gone.
                try? sendSignal(.SIGKILL, toProcess: launch.pointee.pid, by: launch.pointee.pidfd)
                _ = try? waitForEnd(ofProcess: launch.pointee.pid, by: launch.pointee.pidfd)
            }
            _ = bh_close(launch.pointee.pidfd)
        }
        bh_launch_finish(launch)
        strings.forEach { $0.deallocate() }
        rawSteps?.deallocate()
        launch.deallocate()
    }
}

extension bh_step {
    fileprivate init(_ step: LaunchStep, strings: inout [UnsafeMutablePointer<CChar>]) {
        self.init()
        fd = -1
        func copy(_ text: String) -> UnsafePointer<CChar> {
            let bytes = text.utf8CString
            let memory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
            _ = memory.initialize(from: bytes)
            strings.append(memory.baseAddress!)
            return UnsafePointer(memory.baseAddress!)
        }
        switch step {
        case .becomeRoot: kind = Int32(BH_STEP_BECOME_ROOT.rawValue)
        case .leaveCgroupNamespace:
            kind = Int32(BH_STEP_UNSHARE.rawValue)
            flags = 0x0200_0000  // CLONE_NEWCGROUP
        case .setHostname(let name):
            kind = Int32(BH_STEP_SET_HOSTNAME.rawValue)
            data = copy(name)
            flags = UInt64(name.utf8.count)
        case .setLoopbackUp: kind = Int32(BH_STEP_LOOPBACK_UP.rawValue)
        case .renewKeyring: kind = Int32(BH_STEP_NEW_KEYRING.rawValue)
        case .enterRoot(let descriptor):
            kind = Int32(BH_STEP_ENTER_ROOT.rawValue)
            fd = descriptor
        case .attach(let descriptor, let target):
            kind = Int32(BH_STEP_ATTACH.rawValue)
            fd = descriptor
            path = copy(target)
        case .mount(let type, let target, let mountFlags, let options):
            kind = Int32(BH_STEP_MOUNT.rawValue)
            self.type = copy(type)
            path = copy(target)
            flags = mountFlags.rawValue
            data = copy(options)
        case .makeReadOnly(let target):
            kind = Int32(BH_STEP_READ_ONLY.rawValue)
            path = copy(target)
        case .mask(let target):
            kind = Int32(BH_STEP_MASK.rawValue)
            path = copy(target)
        case .leaveHost: kind = Int32(BH_STEP_LEAVE_HOST.rawValue)
        case .execute(let descriptor):
            kind = Int32(BH_STEP_EXECUTE.rawValue)
            fd = descriptor
        }
    }
}
