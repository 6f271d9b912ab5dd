internal import Syscalls

extension ProjectCgroup {
    /// What all its processes together have used.
    public func usage() -> CgroupUsage { limited?.usage() ?? CgroupUsage() }

    /// What the kernel says of its limits.
    public func limitsInForce() -> [LimitInForce] { limited?.limitsInForce() ?? [] }

    // MARK: Freezing

    /// Stops, or lets go on, every run; init goes on either way. Throws `notFrozen` where a process
    /// could not be stopped in so many milliseconds; it is as soon as it can be.
    public func setFrozen(_ isFrozen: Bool, withinMilliseconds limit: Int64) throws(CgroupError) {
        let parts = [CgroupLeaf.services, CgroupLeaf.tasks]
        do throws(SystemCallError) {
            for part in parts {
                try top?.directory.writeFile("\(part)/cgroup.freeze", isFrozen ? "1" : "0")
            }
        } catch { throw .failed(error) }
        let deadline = monotonicMicroseconds() + limit * 1_000
        for part in parts {
            while let events = top?.read("\(part)/cgroup.events"),
                events.split(separator: "\n").contains("frozen 1") != isFrozen
            {
                if monotonicMicroseconds() >= deadline {
                    throw .notFrozen(path: "\(path)/\(part)", milliseconds: limit)
                }
                sleep(milliseconds: 1)
            }
        }
    }

    /// Whether every process of every run has come to a stop.
    public var isStill: Bool {
        [CgroupLeaf.services, CgroupLeaf.tasks].allSatisfy { part in
            top?.read("\(part)/cgroup.events")?.split(separator: "\n").contains("frozen 1") ?? false
        }
    }

    /// Whether every run is stopped.
    public var isFrozen: Bool {
        top?.read("\(CgroupLeaf.services)/cgroup.freeze")?.utf8.first == UInt8(ascii: "1")
    }
}
