internal import CSystemd
internal import Plan
internal import Syscalls

/// A connection to systemd over the system bus: sd-bus(3).
struct SystemdBus: ~Copyable {
    private let bus: OpaquePointer
    /// For each call and the job that comes of it, in microseconds.
    private let timeout: UInt64

    /// systemd answers in milliseconds; a machine that boots, or is out of memory, may take its time.
    static let patientSeconds: UInt64 = 20

    /// Connects; whether somebody answers shows with the first call. Throws `busUnreachable`.
    init(seconds: UInt64 = patientSeconds) throws(CgroupError) {
        timeout = seconds * 1_000_000
        var opened: OpaquePointer?
        var error = bh_bus_error()
        let result = bh_bus_open(&opened, &error)
        guard result == 0, let opened else {
            let text = Self.text(error)
            throw .busUnreachable(
                reason: text.isEmpty ? "\(Errno(rawValue: CInt(-result)))" : text)
        }
        bus = opened
    }

    deinit { bh_bus_close(bus) }

    /// Makes the scope with its process in it, and waits until it is there.
    func start(_ scope: ScopeRequest) throws(CgroupError) {
        var error = bh_bus_error()
        let result = scope.withC { bh_bus_start_scope(bus, $0, timeout, &error) }
        try check(result, error, "StartTransientUnit of \(scope.unit)")
    }

    /// Asks for the end of a unit and does not wait for it.
    func stop(_ unit: String) throws(CgroupError) {
        var error = bh_bus_error()
        let result = bh_bus_stop_unit(bus, unit, timeout, &error)
        try check(result, error, "StopUnit of \(unit)")
    }

    /// Sets every limit of a unit that runs: those of `writes`, and none where they name none.
    func setLimits(_ writes: [ControlWrite], of unit: String) throws(CgroupError) {
        var error = bh_bus_error()
        let result = withCStrings([unit]) { strings in
            withCLimits(writes) { bh_bus_set_limits(bus, strings[0], $0, timeout, &error) }
        }
        try check(result, error, "SetUnitProperties of \(unit)")
    }

    /// Sets what `unit` is spared of memory.
    func setProtection(min: Bytes, low: Bytes, of unit: String) throws(CgroupError) {
        var error = bh_bus_error()
        let result = withCStrings([unit]) { strings in
            bh_bus_set_protection(bus, strings[0], min.count, low.count, timeout, &error)
        }
        try check(result, error, "SetUnitProperties of \(unit)")
    }

    /// Has systemd forget a unit that failed.
    func resetFailed(_ unit: String) throws(CgroupError) {
        var error = bh_bus_error()
        let result = bh_bus_reset_failed(bus, unit, timeout, &error)
        try check(result, error, "ResetFailedUnit of \(unit)")
    }

    /// A property of systemd itself, such as `Version`: `252.36-1~deb12u1`.
    func property(_ name: String) throws(CgroupError) -> String {
        var error = bh_bus_error()
        // A version, a state: a word; what is longer is cut.
        var value = [CChar](repeating: 0, count: 128)
        let size = value.count
        let result = bh_bus_property(bus, name, &value, size, timeout, &error)
        try check(result, error, "Get of \(name)")
        return String(
            decoding: value.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// D-Bus errors that mean that nobody is there, or nobody that answers.
    private static let unreachable = [
        "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NoServer",
        "org.freedesktop.DBus.Error.Disconnected", "org.freedesktop.DBus.Error.NameHasNoOwner",
    ]

    private func check(
        _ result: Int64, _ error: bh_bus_error, _ operation: String
    ) throws(CgroupError) {
        if result == 0 { return }
        let name = Self.name(error)
        let text = Self.text(error)
        let errno = Errno(rawValue: CInt(-result))
        switch errno {
        case .ETIME, .ETIMEDOUT:
            throw .systemdSilent(operation: operation, milliseconds: Int64(timeout / 1_000))
        case .ECANCELED: throw .systemdRefused(operation: operation, name: "job", text: text)
        default: break
        }
        if Self.unreachable.contains(name) { throw .busUnreachable(reason: text) }
        // sd-bus names errors of our side System.Error.ECONNRESET and the like.
        if name.isEmpty || name.hasPrefix("System.Error.E") {
            throw .busUnreachable(reason: "\(operation): \(errno)")
        }
        throw .systemdRefused(operation: operation, name: name, text: text)
    }

    private static func name(_ error: bh_bus_error) -> String {
        withUnsafeBytes(of: error.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func text(_ error: bh_bus_error) -> String {
        withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Asks systemd for its version, and so whether a run could reach it. Throws `busUnreachable`,
/// `systemdRefused` or `systemdSilent`.
public func systemdVersion() throws(CgroupError) -> String { try SystemdBus().property("Version") }

/// Whether the whole machine is being stopped, as systemd says it (`systemctl is-system-running`); not
/// where there is no systemd.
public func isMachineStopping() -> Bool {
    guard let bus = try? SystemdBus(seconds: ProjectCgroup.busSeconds) else { return false }
    return (try? bus.property("SystemState")) == "stopping"
}
