internal import CLinux

/// A child that walks launch steps and becomes init, seen from its parent.
///
/// Until `finishWalking()` has returned the child shares this process's memory: the steps and
/// their strings stay allocated here.
public struct LaunchedChild: ~Copyable {
    private let launch: UnsafeMutablePointer<bh_launch>
    private let steps: [LaunchStep]
    private let rawSteps: UnsafeMutableBufferPointer<bh_step>
    private let strings: [UnsafeMutablePointer<CChar>]
    public let process: ProcessHandle
    private let report: FileDescriptor
    private var walking = true

    /// Starts a child in new namespaces. The corresponding call is clone3(2).
    ///
    /// - Parameters:
    ///   - cgroup: a directory descriptor of the cgroup to be created in; nil: the parent's.
    ///   - control: what becomes descriptor 3 of init.
    ///   - standard: what become descriptors 0, 1 and 2.
    ///   - fault: the index of a step that fails with `EIO` in place of being done.
    public init(
        steps: [LaunchStep], namespaces: NamespaceFlags, cgroup: CInt?, control: CInt,
        standard: (CInt, CInt, CInt), fault: Int? = nil
    ) throws(SystemCallError) {
        var strings: [UnsafeMutablePointer<CChar>] = []
        let rawSteps = UnsafeMutableBufferPointer<bh_step>.allocate(capacity: steps.count)
        for (index, step) in steps.enumerated() {
            rawSteps.initializeElement(at: index, to: bh_step(step, strings: &strings))
        }
        let launch = UnsafeMutablePointer<bh_launch>.allocate(capacity: 1)
        launch.initialize(to: bh_launch())
        launch.pointee.steps = UnsafePointer(rawSteps.baseAddress)
        launch.pointee.count = UInt32(steps.count)
        launch.pointee.namespaces = namespaces.rawValue
        launch.pointee.cgroup = cgroup ?? -1
        launch.pointee.control = control
        launch.pointee.standard = standard
        launch.pointee.fault = Int32(fault ?? -1)
        do throws(SystemCallError) {
            try checked("clone3", on: "a sandbox") { bh_launch_start(launch) }
        } catch {
            strings.forEach { $0.deallocate() }
            rawSteps.deallocate()
            launch.deallocate()
            throw error
        }
        self.launch = launch
        self.steps = steps
        self.rawSteps = rawSteps
        self.strings = strings
        process = ProcessHandle(
            pid: launch.pointee.pid, descriptor: FileDescriptor(owning: launch.pointee.pidfd))
        report = FileDescriptor(owning: launch.pointee.report)
    }

    /// A step that failed.
    public struct Failure: Hashable, Sendable {
        public let step: LaunchStep
        public let errno: Errno
    }

    /// Waits until the child has become init or ended; nil where every step succeeded.
    public mutating func finishWalking() throws(SystemCallError) -> Failure? {
        if walking {
            _ = try report.read(upTo: 1)
            walking = false
        }
        let failed = Int(launch.pointee.failed_step)
        return failed == 0
            ? nil
            : Failure(
                step: steps[failed - 1], errno: Errno(rawValue: launch.pointee.failed_errno))
    }

    deinit {
        if walking {
            // It reads our memory until it has ended.
            process.killAndReap()
        }
        bh_launch_finish(launch)
        strings.forEach { $0.deallocate() }
        rawSteps.deallocate()
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
        case .awaitGoAhead(let descriptor):
            kind = Int32(BH_STEP_AWAIT_GO_AHEAD.rawValue)
            fd = descriptor
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
