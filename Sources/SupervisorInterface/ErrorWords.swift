public import JSONTree
internal import Plan

extension ControlInterface {
    /// What an error of the interface, or of any Varlink service, says: the same to who asked and in the
    /// records.
    ///
    /// - Parameters:
    ///   - name: in full, or, of this interface, without it.
    ///   - parameters: of the reply.
    /// - Returns: one line, where the message of the reply is one.
    public static func words(_ name: String, _ parameters: JSON) -> String {
        func named(_ member: String) -> String { quoted(parameters[member]?.string ?? "") }
        // The supervisor's own words, where it has some.
        if let message = parameters["message"]?.string, !message.isEmpty { return message }
        let prefix = full("")
        let isOurs = name.utf8.starts(with: prefix.utf8)
        switch isOurs ? String(name.dropFirst(prefix.count)) : name {
        case "ProjectNotFound": return "there is no project \(named("project"))"
        case "ServiceNotFound":
            return "project \(named("project")) has no service \(named("service"))"
        case "RunNotFound": return "there is no such run"
        case "AlreadyRegistered": return "project \(named("project")) is registered already"
        case "ConfigurationInvalid": return "the configuration is refused, and nothing was changed"
        case "org.varlink.service.PermissionDenied": return "the supervisor does not listen to you"
        case "org.varlink.service.MethodNotFound", "org.varlink.service.MethodNotImplemented":
            return "the supervisor does not know this command: it is another version"
        case "org.varlink.service.InvalidParameter":
            return "the supervisor does not take the parameter \(named("parameter"))"
        default: return "the supervisor refused: \(printable(name))"
        }
    }
}
