internal import Observing
internal import Plan
internal import Syscalls
internal import Volumes

extension Supervisor {
    /// How much of the project's storage is used; nil where it has no limit, or is not up.
    func diskState(of project: ProjectName) -> EndEvidence.DiskState? {
        guard let volume = volume(of: project), let found = try? volume.usage() else { return nil }
        return EndEvidence.DiskState(
            bytes: found.bytes, bytesMax: found.bytesMax, inodes: found.inodes,
            inodesMax: found.inodesMax)
    }

    /// Whether the kernel warns of this project's storage.
    func isOf(_ project: ProjectName, _ warning: QuotaWarnings.Warning) -> Bool {
        guard let volume = volume(of: project), volume.projectID == warning.projectID,
            let device = try? volume.device()
        else { return false }
        return device == (warning.major, warning.minor)
    }
}
