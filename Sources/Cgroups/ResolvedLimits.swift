internal import Plan

/// The limits of a request as lines for control files, set against what the host offers.
struct ResolvedLimits: Hashable, Sendable {
    /// All that was asked for.
    let all: [ControlWrite]
    /// Those whose controllers are there, in the order in which they are written.
    let writes: [ControlWrite]
    let unenforced: [UnenforcedLimit]
    /// What was asked for, without devices that cannot be limited.
    let limits: Limits
    /// Of `limits.io`, in its order.
    let devices: [BlockDevice]

    /// Throws `controllerMissing` or `noBlockDevice` unless that is allowed.
    init(
        _ asked: Limits, allowUnlimited: Bool, on host: CgroupHost
    ) throws(CgroupError) {
        var unenforced: [UnenforcedLimit] = []
        var limits = asked
        var devices: [BlockDevice] = []
        limits.io = []
        for limit in asked.io {
            do throws(CgroupError) {
                devices.append(try BlockDevice(holding: limit.path, on: host.files))
                limits.io.append(limit)
            } catch {
                guard allowUnlimited else { throw error }
                unenforced.append(
                    UnenforcedLimit(file: "io.max", value: limit.path, reason: error.message))
            }
        }
        all = ControlWrite.all(for: limits, devices: devices)
        writes = all.filter { host.controllers.contains($0.controller) }
        // Without a cgroup at all the reason is another one, and told once for all of them.
        if host.obstacle == nil {
            let absent = all.filter { !host.controllers.contains($0.controller) }
            let reasons = absent.isEmpty ? [] : host.missingControllers(Controller.allCases)
            for write in absent {
                let missing =
                    reasons.first { $0.controller == write.controller }
                    ?? MissingController(
                        write.controller, .notDelegated(cgroup: host.parentPath ?? ""))
                if !allowUnlimited { throw .controllerMissing(missing, limit: write.file) }
                unenforced.append(
                    UnenforcedLimit(file: write.file, value: write.value, reason: missing.message))
            }
        }
        self.unenforced = unenforced
        self.limits = limits
        self.devices = devices
    }
}
