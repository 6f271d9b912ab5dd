internal import Observing
internal import Plan
internal import Syscalls
internal import Volumes

extension Supervisor {
    /// Whether the kernel warns of this project's storage.
    func isOf(_ project: ProjectName, _ warning: QuotaWarnings.Warning) -> Bool {
        guard let volume = volume(of: project), volume.projectID == warning.projectID,
            let device = try? volume.device()
        else { return false }
        return device == (warning.major, warning.minor)
    }
}
