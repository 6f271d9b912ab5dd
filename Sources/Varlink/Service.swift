public import JSONTree
public import VarlinkWire

/// What a service offers, without any socket: which calls it knows and what they take and return.
public struct Service: Sendable {
    /// What `org.varlink.service.GetInfo` tells.
    public struct Info: Sendable {
        public var vendor: String
        public var product: String
        public var version: String
        public var url: String

        public init(vendor: String, product: String, version: String, url: String) {
            self.vendor = vendor
            self.product = product
            self.version = version
            self.url = url
        }
    }

    /// What is to be done about a call.
    public enum Verdict {
        case answer(JSON)
        case refuse(VarlinkError)
        /// A method of one of our interfaces, whose parameters are as they have to be.
        case dispatch(Interface, Interface.Method)
    }

    private let info: JSON
    private let interfaces: [Interface]
    /// Methods that have nothing to say to a caller who takes one reply only.
    private let streaming: Set<String>

    /// - Parameter streaming: full names of methods that need `more`.
    public init(_ info: Info, interfaces: [Interface], streaming: Set<String> = []) {
        self.interfaces = [Self.standard] + interfaces
        self.streaming = streaming
        self.info = [
            "vendor": .string(info.vendor), "product": .string(info.product),
            "version": .string(info.version), "url": .string(info.url),
            "interfaces": .array(self.interfaces.map { .string($0.name) }),
        ]
    }

    /// Whether a call is one that can be made, with the parameters that it has to have.
    public func examine(_ request: Request) -> Verdict {
        guard let dot = request.method.utf8.lastIndex(of: UInt8(ascii: ".")) else {
            return .refuse(.interfaceNotFound(request.method))
        }
        let interfaceName = request.method[..<dot]
        let name = String(request.method[request.method.utf8.index(after: dot)...])
        guard let interface = interfaces.first(where: { $0.name == interfaceName }) else {
            return .refuse(.interfaceNotFound(String(interfaceName)))
        }
        guard let method = interface.method(name) else {
            return .refuse(.methodNotFound(request.method))
        }
        if request.isUpgrade { return .refuse(.methodNotImplemented(request.method)) }
        if let place = interface.fault(of: request.parameters, as: method.input) {
            return .refuse(.invalidParameter(place))
        }
        if !request.wantsMore && streaming.contains(request.method) {
            return .refuse(.expectedMore)
        }
        if interface.name != VarlinkError.serviceInterface { return .dispatch(interface, method) }
        if name == "GetInfo" { return .answer(info) }
        let wanted = request.parameters["interface"]?.string ?? ""
        guard let found = interfaces.first(where: { $0.name == wanted }) else {
            return .refuse(.interfaceNotFound(wanted))
        }
        return .answer(["description": .string(found.text)])
    }

    /// varlink.org/Service.
    private static let standard: Interface = {
        do throws(InterfaceError) { return try Interface(parsing: standardText) } catch {
            preconditionFailure(error.message)
        }
    }()

    private static let standardText = """
        # What every service tells of itself.
        interface org.varlink.service

        method GetInfo() -> (
          vendor: string,
          product: string,
          version: string,
          url: string,
          interfaces: []string
        )

        method GetInterfaceDescription(interface: string) -> (description: string)

        error InterfaceNotFound (interface: string)
        error MethodNotFound (method: string)
        error MethodNotImplemented (method: string)
        error InvalidParameter (parameter: string)
        error PermissionDenied ()
        error ExpectedMore ()

        """
}
