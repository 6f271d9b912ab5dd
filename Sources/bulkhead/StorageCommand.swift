internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Presentation

extension SupervisorCommand {
    /// `storage`, `diff`, `commit`, `discard`, `snapshot` and `rescue`.
    func store(_ request: StorageRequest) throws(ClientError) -> Int32 {
        switch request {
        case .show(let project):
            return try show(
                "StorageShow", ["project": project.map { .string($0.text) }], as: volumeList)
        case .diff(let project):
            let medium = standardOutput()
            return try stream("StorageDiff", ["project": .string(project.text)]) { reply in
                changeLine(reply, on: medium)
            }
        case .commit(let project, let paths, let force):
            let reply = try act(
                "StorageCommit",
                [
                    "project": .string(project.text),
                    "paths": paths.isEmpty ? nil : .array(paths.map(JSON.string)),
                    "force": force ? true : nil,
                ])
            return answer(reply, commitRemark)
        case .discard(let project, let paths):
            let reply = try act(
                "StorageDiscard",
                [
                    "project": .string(project.text),
                    "paths": paths.isEmpty ? nil : .array(paths.map(JSON.string)),
                ])
            return answer(reply) { _ in "\(project): discarded\n" }
        case .createSnapshot(let project, let name):
            let reply = try act(
                "SnapshotCreate",
                ["project": .string(project.text), "name": name.map { .string($0.text) }])
            return answer(reply) {
                "\(project): snapshot \(printable($0["snapshot"]?["name"]?.string ?? "")) taken\n"
            }
        case .listSnapshots(let project):
            return try show(
                "SnapshotList", ["project": .string(project.text)], as: snapshotList)
        case .restoreSnapshot(let project, let name):
            let reply = try act(
                "SnapshotRestore",
                ["project": .string(project.text), "name": .string(name.text)])
            return answer(reply) {
                "\(project): \(name) restored; what was there is snapshot "
                    + "\(printable($0["kept"]?.string ?? ""))\n"
            }
        case .removeSnapshot(let project, let name):
            let reply = try act(
                "SnapshotRemove",
                ["project": .string(project.text), "name": .string(name.text)])
            return answer(reply) { _ in "\(project): snapshot \(name) removed\n" }
        case .rescue(let request): return try rescue(request)
        }
    }

    /// The room is there as long as the first connection is.
    private func rescue(_ request: ExecuteRequest) throws(ClientError) -> Int32 {
        let project: JSON = ["project": .string(request.project.text)]
        let supervisor = try Supervisor(at: socket)
        try supervisor.stream("Rescue", project.because(reason)) { reply in
            write(rescueReport(reply), to: .standardError)
            return false
        }
        let status = try withExtendedLifetime(supervisor) { () throws(ClientError) in
            try execute(request)
        }
        let reply = try act(
            "Rescue", ["project": .string(request.project.text), "on": false])
        write(rescueEnd(reply), to: .standardError)
        return status
    }
}
