/// A cgroup as one of the drivers has made it. Owned by one `SandboxCgroup`.
protocol CgroupBacking: AnyObject {
    var driver: CgroupDriver { get }
    /// Where it is, for the operator; empty where there is none.
    var path: String { get }
    var unenforced: [UnenforcedLimit] { get }
    var directoryForClone: CInt? { get }
    func adopt(pid: Int32) throws(CgroupError)
    func kill()
    func usage() -> CgroupUsage
    func limitsInForce() -> [LimitInForce]
    func remove() throws(CgroupError)
}

/// No cgroup: on a host without a usable one, where the operator allowed it.
final class NoCgroup: CgroupBacking {
    let unenforced: [UnenforcedLimit]

    init(unenforced: [UnenforcedLimit]) { self.unenforced = unenforced }

    var driver: CgroupDriver { .none }
    var path: String { "" }
    var directoryForClone: CInt? { nil }
    func adopt(pid: Int32) {}
    func kill() {}
    func usage() -> CgroupUsage { CgroupUsage() }
    func limitsInForce() -> [LimitInForce] { [] }
    func remove() {}
}
