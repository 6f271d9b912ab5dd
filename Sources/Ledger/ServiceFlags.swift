internal import Plan

/// What is true or not of a service, as one number of its row.
struct ServiceFlags: OptionSet {
    let rawValue: Int64

    static let held = ServiceFlags(rawValue: 1)
    static let ready = ServiceFlags(rawValue: 2)
    static let halfOpen = ServiceFlags(rawValue: 4)
    static let started = ServiceFlags(rawValue: 8)
    static let notified = ServiceFlags(rawValue: 16)

    init(rawValue: Int64) { self.rawValue = rawValue }

    init(_ service: ServiceRecord) {
        self = []
        if service.isHeld { insert(.held) }
        if service.isReady { insert(.ready) }
        if service.isHalfOpen { insert(.halfOpen) }
        if service.hasStarted { insert(.started) }
        if service.hasNotified { insert(.notified) }
    }

    func apply(to service: inout ServiceRecord) {
        service.isHeld = contains(.held)
        service.isReady = contains(.ready)
        service.isHalfOpen = contains(.halfOpen)
        service.hasStarted = contains(.started)
        service.hasNotified = contains(.notified)
    }
}
