internal import CLinux

/// Steps as the child reads them, with their strings, for as long as this lives.
final class StepMemory {
    private let steps: [LaunchStep]
    private let raw: UnsafeMutableBufferPointer<bh_step>
    private var strings: [UnsafePointer<CChar>] = []

    init(_ steps: [LaunchStep]) {
        self.steps = steps
        raw = .allocate(capacity: steps.count)
        for (index, step) in steps.enumerated() {
            raw.initializeElement(at: index, to: bh_step(step) { keep($0) })
        }
    }

    deinit {
        for string in strings { string.deallocate() }
        raw.deallocate()
    }

    private func keep(_ text: String) -> UnsafePointer<CChar> {
        let copy = copyOfCString(text)
        strings.append(copy)
        return copy
    }

    func walk(fault: Int?) -> bh_walk {
        bh_walk(
            steps: UnsafePointer(raw.baseAddress), count: UInt32(steps.count),
            fault: Int32(fault ?? -1), failed_step: 0, failed_errno: 0)
    }

    func failure(_ walk: bh_walk) -> LaunchedChild.Failure? {
        let failed = Int(walk.failed_step)
        return failed == 0
            ? nil : .init(step: steps[failed - 1], errno: Errno(rawValue: walk.failed_errno))
    }
}

/// For its owner to deallocate.
func copyOfCString(_ text: String) -> UnsafePointer<CChar> {
    let bytes = text.utf8CString
    let memory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
    _ = memory.initialize(from: bytes)
    return UnsafePointer(memory.baseAddress!)
}

extension bh_step {
    fileprivate init(_ step: LaunchStep, copy: (String) -> UnsafePointer<CChar>) {
        self.init()
        fd = -1
        func set(_ kind: bh_step_kind) { self.kind = Int32(kind.rawValue) }
        switch step {
        case .becomeRoot: set(BH_STEP_BECOME_ROOT)
        case .dieWithParent: set(BH_STEP_DIE_WITH_PARENT)
        case .leaveCgroupNamespace:
            set(BH_STEP_UNSHARE)
            flags = 0x0200_0000  // CLONE_NEWCGROUP
        case .setHostname(let name):
            set(BH_STEP_SET_HOSTNAME)
            data = copy(name)
            flags = UInt64(name.utf8.count)
        case .setLoopbackUp: set(BH_STEP_LOOPBACK_UP)
        case .renewKeyring: set(BH_STEP_NEW_KEYRING)
        case .enterRoot(let descriptor):
            set(BH_STEP_ENTER_ROOT)
            fd = descriptor
        case .attach(let descriptor, let target):
            set(BH_STEP_ATTACH)
            fd = descriptor
            path = copy(target)
        case .mount(let type, let target, let mountFlags, let options):
            set(BH_STEP_MOUNT)
            self.type = copy(type)
            path = copy(target)
            flags = mountFlags.rawValue
            data = copy(options)
        case .makeReadOnly(let target):
            set(BH_STEP_READ_ONLY)
            path = copy(target)
        case .mask(let target):
            set(BH_STEP_MASK)
            path = copy(target)
        case .leaveHost: set(BH_STEP_LEAVE_HOST)
        case .execute(let descriptor):
            set(BH_STEP_EXECUTE)
            fd = descriptor
        }
    }
}
