public import JSONTree
public import Plan

/// The reply to a call that failed: the error's full name and what it says.
public struct VarlinkError: Error, Hashable, Sendable {
    public let name: String
    public let parameters: JSON

    public init(_ name: String, _ parameters: JSON = [:]) {
        self.name = name
        self.parameters = parameters
    }
}

/// The errors of every Varlink service: varlink.org/Service.
extension VarlinkError {
    public static let serviceInterface = "org.varlink.service"

    public static func interfaceNotFound(_ interface: String) -> VarlinkError {
        VarlinkError(
            "org.varlink.service.InterfaceNotFound", ["interface": .string(interface)])
    }

    public static func methodNotFound(_ method: String) -> VarlinkError {
        VarlinkError("org.varlink.service.MethodNotFound", ["method": .string(method)])
    }

    public static func methodNotImplemented(_ method: String) -> VarlinkError {
        VarlinkError("org.varlink.service.MethodNotImplemented", ["method": .string(method)])
    }

    public static func invalidParameter(_ parameter: String) -> VarlinkError {
        VarlinkError(
            "org.varlink.service.InvalidParameter", ["parameter": .string(parameter)])
    }

    public static let permissionDenied = VarlinkError("org.varlink.service.PermissionDenied")
    public static let expectedMore = VarlinkError("org.varlink.service.ExpectedMore")
}

extension VarlinkError: Diagnosable {
    /// What the service said in a member `message`; else the error's name and its parameters.
    public var message: String {
        if let text = parameters["message"]?.string { return printable(text) }
        if parameters == [:] { return printable(name) }
        return printable("\(name) \(parameters.text)")
    }

    public var hint: String? { parameters["hint"]?.string.map(printable) }
}
