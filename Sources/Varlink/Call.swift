public import JSONTree
public import Syscalls
public import VarlinkWire

/// One call of a method, whose parameters are what the interface says. It is answered now or later; as
/// long as it is not, the connection it came on takes no other.
public final class Call {
    /// The full name.
    public let method: String
    public let parameters: JSON
    public let peer: Peer
    /// Of the connection that it came on; no later one has it.
    public let connectionNumber: Int
    /// The caller takes several replies.
    public let wantsMore: Bool
    /// The caller takes none: whatever is replied goes nowhere.
    public let isOneway: Bool
    /// What its type says of it.
    let definition: Interface.Method
    let interface: Interface

    /// Called once, before the caller hears that it was done: what has to be written down first. What it
    /// returns is answered in place of the reply.
    public var beforeReply: (() -> VarlinkError?)?

    private var descriptors: [PassedDescriptor]
    /// Nil once it was answered, or where no answer is wanted.
    private weak var connection: Connection?
    var hangUpHandler: (() -> Void)?

    init(
        _ request: Request, interface: Interface, definition: Interface.Method, peer: Peer,
        descriptors: [PassedDescriptor], connection: Connection
    ) {
        method = request.method
        parameters = request.parameters
        wantsMore = request.wantsMore
        isOneway = request.isOneway
        self.interface = interface
        self.definition = definition
        self.peer = peer
        connectionNumber = connection.number
        self.descriptors = descriptors
        self.connection = isOneway ? nil : connection
    }

    deinit {
        // A call that nobody can answer any more must not keep its caller waiting.
        connection?.answer(nil, .methodNotImplemented(method))
    }

    /// Whether somebody waits for the answer.
    public var isOpen: Bool { connection != nil }

    /// The descriptors that came with it, in their order, once. Those that nobody takes are closed with
    /// the call.
    public func takeDescriptors() -> [PassedDescriptor] {
        let taken = descriptors
        descriptors = []
        return taken
    }

    /// Answers. A reply that breaks the interface is never sent: `InvalidParameter` is.
    ///
    /// - Parameters:
    ///   - continues: others follow. Nothing is sent so to a caller who takes one reply only.
    ///   - descriptor: a copy goes along; it is closed here.
    public func reply(
        _ parameters: JSON = [:], continues: Bool = false,
        with descriptor: consuming FileDescriptor? = nil
    ) {
        guard let connection else { return }
        if continues && !wantsMore { return }
        if let error = announce() { return fail(error) }
        var passed: [PassedDescriptor] = []
        if let descriptor { passed.append(PassedDescriptor(descriptor)) }
        if let place = interface.fault(of: parameters, as: definition.output) {
            connection.server.reportMismatch("reply to \(method): \(place)")
            return fail(.invalidParameter(place))
        }
        if !continues { self.connection = nil }
        connection.answer(self, parameters, continues: continues, with: passed)
    }

    /// Answers that it failed.
    public func fail(_ error: VarlinkError) {
        guard let connection else { return }
        self.connection = nil
        if let place = interface.fault(of: error) {
            connection.server.reportMismatch("error \(error.name): \(place)")
        }
        connection.answer(self, error)
    }

    public func fail(_ name: String, _ parameters: JSON = [:]) {
        fail(VarlinkError(name, parameters))
    }

    /// Called once, by the loop, when the caller is gone before it was answered: no reply reaches it any
    /// more.
    public func onHangUp(_ handler: @escaping () -> Void) {
        if connection == nil { return }
        connection?.keep(self)
        hangUpHandler = handler
    }

    /// Ends the connection's part in the server and hands its socket, which does not block, to the
    /// caller; the call is answered with that, and `beforeReply` is not called. Nil where the connection is
    /// gone, or replies to earlier calls still wait to be read.
    public func takeOver() -> FileDescriptor? {
        guard let connection, let socket = connection.surrender() else { return nil }
        self.connection = nil
        hangUpHandler = nil
        return socket
    }

    private func announce() -> VarlinkError? {
        let told = beforeReply
        beforeReply = nil
        return told?()
    }

    /// The connection is gone.
    func hangUp() {
        connection = nil
        descriptors = []
        let handler = hangUpHandler
        hangUpHandler = nil
        handler?()
    }

    func forgetHandler() { hangUpHandler = nil }
}

extension Interface {
    /// As `fault(of:as:)`; nil for an error of another interface.
    func fault(of error: VarlinkError) -> String? {
        guard error.name.hasPrefix(name + "."),
            let type = errors[String(error.name.utf8.dropFirst(name.utf8.count + 1)) ?? ""]
        else { return nil }
        return fault(of: error.parameters, as: type)
    }
}
