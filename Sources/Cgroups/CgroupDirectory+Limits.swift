internal import Plan
internal import Syscalls

extension CgroupDirectory {
    /// Lets this cgroup pass the controllers on, as far as it does not yet.
    borrowing func passOn(_ needed: Set<Controller>) throws(CgroupError) {
        do throws(SystemCallError) {
            let file = "cgroup.subtree_control"
            let missing = needed.subtracting(Controller.list(try directory.readFile(file)))
            if missing.isEmpty { return }
            let words = missing.sorted().map { "+\($0.rawValue)" }
            try directory.writeFile(file, words.joined(separator: " "))
        } catch {
            if error.errno == .EBUSY { throw .innerProcesses(cgroup: path) }
            throw CgroupError(making: error)
        }
    }

    /// Writes the limits in their order. Returns those that this kernel cannot enforce where
    /// that is allowed, and throws `limitUnknown` for the first of them where it does not.
    borrowing func apply(
        _ writes: [ControlWrite], allowUnlimited: Bool, _ files: HostFiles
    ) throws(CgroupError) -> [UnenforcedLimit] {
        var unenforced: [UnenforcedLimit] = []
        for write in writes {
            do throws(CgroupError) { try apply(write) } catch {
                guard case .limitUnknown = error else { throw error }
                if write.holdsWithoutFile(on: files) { continue }
                if !allowUnlimited { throw error }
                unenforced.append(
                    UnenforcedLimit(file: write.file, value: write.value, reason: error.message))
            }
        }
        return unenforced
    }

    /// Makes sure that the kernel has each limit: systemd only logs what it could not set. Returns
    /// those that this kernel cannot enforce where that is allowed.
    borrowing func verify(
        _ writes: [ControlWrite], allowUnlimited: Bool, _ files: HostFiles
    ) throws(CgroupError) -> [UnenforcedLimit] {
        var unenforced: [UnenforcedLimit] = []
        for write in writes {
            let error: CgroupError
            if let content = read(write.file) {
                if write.isInForce(in: content) { continue }
                error = .limitNotInForce(file: write.file, asked: write.value, found: content)
            } else {
                if write.holdsWithoutFile(on: files) { continue }
                error = .limitUnknown(file: write.file, value: write.value)
            }
            if !allowUnlimited { throw error }
            unenforced.append(
                UnenforcedLimit(file: write.file, value: write.value, reason: error.message))
        }
        return unenforced
    }
}

extension CgroupError {
    /// A call that failed while a cgroup was made.
    init(making error: SystemCallError) {
        switch error.errno {
        case .EROFS, .EACCES, .EPERM: self = .notWritable(error)
        default: self = .failed(error)
        }
    }
}
