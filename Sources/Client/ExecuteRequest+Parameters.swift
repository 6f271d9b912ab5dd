public import Arguments
public import JSONTree
public import Plan
internal import Syscalls

extension ExecuteRequest {
    /// As `Execute` of the interface has it.
    ///
    /// - Parameter token: by which the run is found again after a lost connection.
    func parameters(token: String) -> JSON {
        var size: (rows: UInt16, columns: UInt16)?
        if terminal { size = windowSize(0) }
        return [
            "project": .string(project.text),
            "command": .array(command.map { .string($0) }),
            "kind": isTask ? "task" : nil,
            "task": task.map { .string($0.text) },
            "workload": workload.map { .string($0.text) },
            "user": identity.map { .integer(Int64($0.user)) },
            "group": identity.map { .integer(Int64($0.group)) },
            "environment": environment.isEmpty ? nil : variables,
            "directory": workingDirectory.map { .string($0) },
            "memory_bytes": memoryMax.map { .integer(Int64($0.count)) },
            "pids": pidsMax.map { .integer(Int64($0)) },
            "cpu_millicores": cpuMax.map { .integer(Int64($0.millicores)) },
            "timeout_ms": timeLimit.map { .integer(Int64($0.count)) },
            "terminal": terminal ? true : nil,
            "rows": size.map { .integer(Int64($0.rows)) },
            "columns": size.map { .integer(Int64($0.columns)) },
            "logged": detached ? true : nil,
            "detached": detached ? true : nil,
            "token": .string(token),
        ]
    }

    /// An object has each name once: the last one counts.
    private var variables: JSON {
        var members: [JSON.Member] = []
        for variable in environment {
            let member = JSON.Member(variable.name, .string(variable.value))
            if let index = members.firstIndex(where: { $0.name == variable.name }) {
                members[index] = member
            } else {
                members.append(member)
            }
        }
        return .object(members)
    }
}

extension Supervisor {
    /// Starts a command that runs alone.
    public func start(
        _ request: ExecuteRequest, _ reason: StatedReason?
    ) throws(ClientError) -> JSON {
        try call("Execute", request.parameters(token: try RunToken().text).because(reason))
    }
}

/// Words by which a run is found again: 32 hexadecimal digits that nobody guesses.
struct RunToken {
    let text: String

    init() throws(ClientError) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        do throws(SystemCallError) {
            for byte in try randomBytes(16) {
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
        } catch { throw ClientError(error) }
        self.text = String(decoding: text, as: UTF8.self)
    }
}
