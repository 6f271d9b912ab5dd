internal import Plan
internal import Syscalls

/// One control file that says something else than it should.
struct Deviation: Hashable, Sendable {
    let change: LimitChange
    let write: ControlWrite
    /// What puts it back.
    let undo: ControlWrite
}

extension CgroupDirectory {
    /// Where its control files differ from what `limits` ask for, in the order in which they are to be
    /// written: what gets tighter first, so that nothing looser than before and after is ever in force.
    ///
    /// A file that is absent is passed over: whether that may be is not decided here.
    ///
    /// - Parameter earlier: what was asked for before: sizes of pages and devices that it names are
    ///   looked at too.
    borrowing func deviations(
        from resolved: ResolvedLimits, earlier: ResolvedLimits?
    ) -> [Deviation] {
        var found: [Deviation] = []
        var files = ControlFile.all
        for limit in resolved.limits.hugePages { files.append(.hugePages(limit.size)) }
        for limit in earlier?.limits.hugePages ?? []
        where resolved.limits[.hugePages(limit.size)] == nil {
            files.append(.hugePages(limit.size))
        }
        for file in files {
            guard let content = read(file.file) else { continue }
            let wanted = resolved.writes.first { $0.file == file.file }
            let line = content.split(separator: "\n").first ?? ""
            let isAsWanted: Bool
            if let wanted {
                isAsWanted = wanted.isInForce(in: content)
            } else if file.value(in: content) == nil {
                isAsWanted = true
            } else {
                isAsWanted = isAllProcessors(file, line)
            }
            if isAsWanted { continue }
            found.append(
                Deviation(
                    change: LimitChange(
                        file.name, from: file.value(in: content),
                        to: wanted == nil ? nil : resolved.limits[file.name]),
                    write: wanted ?? file.lift,
                    undo: ControlWrite(
                        controller: file.controller, file: file.file, value: String(line))))
        }
        found += ioDeviations(from: resolved)
        let tighter = found.filter(\.change.isTighter)
        let looser = found.filter { !$0.change.isTighter }
        return tighter + looser.reversed()
    }

    /// Whether it says as good as nothing: see `allowAllProcessors`.
    private borrowing func isAllProcessors(_ file: ControlFile, _ line: Substring) -> Bool {
        if file.lift != .allProcessors { return false }
        return processorsAbove().map { $0 == line } ?? false
    }

    private borrowing func ioDeviations(from resolved: ResolvedLimits) -> [Deviation] {
        guard let content = read("io.max") else { return [] }
        var lines: [Substring: Substring] = [:]
        for line in content.split(separator: "\n") {
            if let device = line.split(separator: " ").first { lines[device] = line }
        }
        var found: [Deviation] = []
        for (limit, device) in zip(resolved.limits.io, resolved.devices) {
            let line = lines.removeValue(forKey: Substring(device.description))
            let now = line.map { IOLimit(line: $0, path: limit.path) }
            if (now ?? IOLimit(path: limit.path)) == limit { continue }
            found.append(
                Deviation(
                    change: LimitChange(
                        .io(path: limit.path), from: now.map { .rates($0) }, to: .rates(limit)),
                    write: .ioMaxWhole(limit, device),
                    undo: .ioMaxWhole(now ?? IOLimit(path: limit.path), device)))
        }
        for (device, line) in lines.sorted(by: { $0.key < $1.key }) {
            let numbers = device.split(separator: ":").compactMap { UInt32($0) }
            guard numbers.count == 2 else { continue }
            let disk = BlockDevice(major: numbers[0], minor: numbers[1])
            // Nobody has said a path for it.
            let path = "/dev/block/\(device)"
            let now = IOLimit(line: line, path: path)
            if now == IOLimit(path: path) { continue }
            found.append(
                Deviation(
                    change: LimitChange(.io(path: path), from: .rates(now), to: nil),
                    write: .ioMaxWhole(IOLimit(path: path), disk),
                    undo: .ioMaxWhole(now, disk)))
        }
        return found
    }

    /// Writes what deviates, in order; puts everything back where one cannot be written.
    ///
    /// - Parameter memoryMax: writes a `memory.max` that is lower than the one in force.
    borrowing func mend(
        _ deviations: [Deviation],
        memoryMax: (ControlWrite) throws(CgroupError) -> Void
    ) throws(CgroupError) {
        for (index, deviation) in deviations.enumerated() {
            do throws(CgroupError) {
                if deviation.write.file == "memory.max", deviation.change.isTighter {
                    try memoryMax(deviation.write)
                } else {
                    try apply(deviation.write)
                }
            } catch {
                undo(Array(deviations[..<index]))
                throw error
            }
        }
    }

    /// Puts back what was before.
    borrowing func undo(_ deviations: [Deviation]) {
        // What was in force before is taken by the kernel; should the cgroup be gone, nothing is lost.
        for deviation in deviations.reversed() { try? apply(deviation.undo) }
    }
}

extension IOLimit {
    /// A line of `io.max`: `8:0 rbps=1048576 wbps=max riops=max wiops=max`.
    init(line: Substring, path: String) {
        self.init(path: path)
        for entry in line.split(separator: " ").dropFirst() {
            let pair = entry.split(separator: "=")
            guard pair.count == 2, let number = UInt64(pair[1]) else { continue }
            switch pair[0] {
            case "rbps": readBytesPerSecond = Bytes(number)
            case "wbps": writeBytesPerSecond = Bytes(number)
            case "riops": readOperationsPerSecond = number
            case "wiops": writeOperationsPerSecond = number
            default: continue
            }
        }
    }
}

extension ControlWrite {
    /// Each of the four keys: the kernel leaves a key as it is that is not named.
    static func ioMaxWhole(_ limit: IOLimit, _ device: BlockDevice) -> ControlWrite {
        func text(_ number: UInt64?) -> String { number.map { "\($0)" } ?? "max" }
        return ControlWrite(
            controller: .io, file: "io.max",
            value: "\(device) rbps=\(text(limit.readBytesPerSecond?.count)) "
                + "wbps=\(text(limit.writeBytesPerSecond?.count)) "
                + "riops=\(text(limit.readOperationsPerSecond)) "
                + "wiops=\(text(limit.writeOperationsPerSecond))")
    }
}
