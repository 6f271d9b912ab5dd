internal import CSystemdEvents
internal import Syscalls

/// What a service tells its manager about itself: sd_notify(3). Where there is no manager that wants
/// to know (no NOTIFY_SOCKET), nothing is told.
public enum ServiceManager {
    public static func notifyReady(status: String) { notify("READY=1\nSTATUS=\(line(status))") }

    /// One line for `systemctl status`.
    public static func notifyStatus(_ status: String) { notify("STATUS=\(line(status))") }

    /// To be followed by `notifyReady`: systemd.service(5), `Type=notify-reload`.
    public static func notifyReloading() {
        notify("RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds())")
    }

    public static func notifyStopping(status: String) {
        notify("STOPPING=1\nSTATUS=\(line(status))")
    }

    private static func notify(_ state: String) {
        // A manager that cannot be reached is no reason to do otherwise, and it will notice itself.
        _ = sd_notify(0, state)
    }

    /// A line feed would begin another assignment.
    private static func line(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for index in bytes.indices where bytes[index] < 0x20 { bytes[index] = UInt8(ascii: " ") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
