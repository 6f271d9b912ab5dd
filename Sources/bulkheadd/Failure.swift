internal import JSONTree
internal import Ledger
internal import Plan
internal import Quotas
internal import Supervision
internal import SupervisorInterface
internal import Syscalls
internal import Varlink

/// An error reply of the supervisor's interface: its name there and its parameters.
struct Failure: Error {
    let name: String
    let parameters: JSON

    private init(_ name: String, _ parameters: JSON) {
        self.name = ControlInterface.name + "." + name
        self.parameters = parameters
    }

    static func projectNotFound(_ project: ProjectName, hint: String?) -> Failure {
        Failure(
            "ProjectNotFound",
            [
                "project": .string(project.text),
                "hint": .string(hint ?? "list them with: bulkhead projects"),
            ])
    }

    static func projectNotFound(_ project: ProjectName, _ supervisor: Supervisor) -> Failure {
        let near = nearest(to: project.text, in: supervisor.fleet.views.map(\.policy.name.text))
        return projectNotFound(project, hint: near.map { "did you mean \($0)?" })
    }

    static func serviceNotFound(
        _ project: ProjectName, _ service: WorkloadName, hint: String?
    ) -> Failure {
        Failure(
            "ServiceNotFound",
            [
                "project": .string(project.text), "service": .string(service.text),
                "hint": .string(hint ?? "see its services with: bulkhead status \(project)"),
            ])
    }

    static func serviceNotFound(
        _ project: ProjectName, _ service: WorkloadName, _ supervisor: Supervisor
    ) -> Failure {
        let names = supervisor.fleet.policy(of: project)?.services.map(\.name.text) ?? []
        let near = nearest(to: service.text, in: names)
        return serviceNotFound(project, service, hint: near.map { "did you mean \($0)?" })
    }

    static let runNotFound = Failure(
        "RunNotFound", ["hint": "it was never started, or is forgotten; see bulkhead runs"])

    static func alreadyRegistered(_ project: ProjectName, hint: String) -> Failure {
        Failure(
            "AlreadyRegistered", ["project": .string(project.text), "hint": .string(hint)])
    }

    static func configurationInvalid(_ problems: [String]) -> Failure {
        Failure("ConfigurationInvalid", ["problems": .array(problems.map(JSON.string))])
    }

    static func notStarted(
        _ project: ProjectName, _ message: String, hint: String, exitStatus: Int32? = nil
    ) -> Failure {
        Failure(
            "NotStarted",
            [
                "project": .string(project.text), "message": .string(message),
                "hint": .string(hint), "exit_status": exitStatus.map { .integer(Int64($0)) },
            ])
    }

    static func quotaRefused(
        _ project: String, _ message: String, hint: String?, shortage: Shortage? = nil
    ) -> Failure {
        Failure(
            "QuotaRefused",
            [
                "project": .string(project), "message": .string(message),
                "hint": .string(hint ?? ""), "in_use": shortage.map { .count($0.inUse.count) },
                "reclaimable": shortage.map { .count($0.reclaimable.count) },
                "would_fit": shortage.map { .count($0.wouldFit.count) },
            ])
    }

    static func wrongPhase(
        _ project: ProjectName, _ phase: String, _ message: String, hint: String
    ) -> Failure {
        Failure(
            "WrongPhase",
            [
                "project": .string(project.text), "phase": .string(phase), "verb": "",
                "message": .string(message), "hint": .string(hint),
            ])
    }

    static func storageConflict(
        _ project: ProjectName, _ paths: JSON, count: Int64, _ message: String, hint: String
    ) -> Failure {
        Failure(
            "StorageConflict",
            [
                "project": .string(project.text), "paths": paths, "count": .integer(count),
                "message": .string(message), "hint": .string(hint),
            ])
    }

    static func profileConflict(_ profile: String, _ what: String) -> Failure {
        Failure(
            "ProfileConflict",
            [
                "profile": .string(profile), "message": .string("profile \(profile) \(what)"),
                "hint": "read it again, and make the change to what is there",
            ])
    }

    static func timeout(_ message: String, hint: String) -> Failure {
        Failure("Timeout", ["message": .string(message), "hint": .string(hint)])
    }

    static func notPermitted(_ message: String, hint: String) -> Failure {
        Failure("NotPermitted", ["message": .string(message), "hint": .string(hint)])
    }

    static func failed(_ message: String, hint: String = "") -> Failure {
        Failure("Failed", ["message": .string(message), "hint": .string(hint)])
    }

    static func failed(_ error: some Diagnosable) -> Failure {
        failed(error.message, hint: error.hint ?? "")
    }

    static func failed(_ error: SystemCallError) -> Failure { failed("\(error)") }

    static func refused(_ error: VerbRefused) -> Failure {
        switch error {
        case .noSuchProject(let project, _): projectNotFound(project, hint: error.hint)
        case .noSuchService(let service, let project, _):
            serviceNotFound(project, service, hint: error.hint)
        case .wrongPhase(let project, let phase, let verb, _):
            wrongPhase(project, phase.rawValue, verb, error)
        case .needed(let project, let verb, _):
            wrongPhase(project, "needed", verb.rawValue, error)
        case .beingRemoved(let project): wrongPhase(project, "stopping", "", error)
        case .notForServices, .shuttingDown: failed(error)
        }
    }

    private static func wrongPhase(
        _ project: ProjectName, _ phase: String, _ verb: String, _ error: VerbRefused
    ) -> Failure {
        Failure(
            "WrongPhase",
            [
                "project": .string(project.text), "phase": .string(phase), "verb": .string(verb),
                "message": .string(error.message), "hint": .string(error.hint ?? ""),
            ])
    }

    /// The reply for whatever was thrown while a call was served.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as VerbRefused: self = .refused(error)
        case let error as any Diagnosable: self = .failed(error.message, hint: error.hint ?? "")
        case let error as SystemCallError: self = .failed(error)
        default: self = .failed("\(error)")
        }
    }
}

extension Failure {
    /// One line, with what to do.
    var line: String {
        var text = ControlInterface.words(name, parameters)
        if let problem = parameters["problems"]?.array?.first?.string { text += ": \(problem)" }
        guard let hint = parameters["hint"]?.string, !hint.isEmpty else { return text }
        return "\(text) (hint: \(hint))"
    }
}

extension Call {
    func fail(_ failure: Failure) { fail(failure.name, failure.parameters) }
}
