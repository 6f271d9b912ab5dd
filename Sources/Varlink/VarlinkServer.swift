public import EventLoop
internal import JSONTree
public import Syscalls
public import VarlinkWire

/// Offers a service on a unix socket, in the supervisor's one loop: varlink.org.
///
/// Whatever callers do, descriptors, memory and the time that one turn takes are bounded:
/// `ServerLimits`.
public final class VarlinkServer {
    let loop: Loop
    let service: Service
    let limits: ServerLimits
    private(set) var handlers: [String: (Call) -> Void] = [:]

    private let authorize: (Peer) -> Bool
    private let whenFull: VarlinkError
    private let whenDenied: VarlinkError
    private let listening: ListeningSocket
    private var listenSource: DescriptorSource?
    private var acceptTimer: TimerSource?
    private var deadlineTimer: TimerSource?
    private var isWatchingDeadlines = false

    private var connections: [Int: Connection] = [:]
    private var strangers: [Int: Stranger] = [:]
    private var countOfUser: [UInt32: Int] = [:]
    private var nextNumber = 0

    /// Those that go on after others had their turn, and calls whose caller is gone.
    private var resumed: [Connection] = []
    private var hungUp: [Call] = []
    /// Numbers of connections that have ended, of which nobody was told yet.
    private var departed: [Int] = []
    private var deferred: DeferredSource?

    /// Told of each reply and error of ours that breaks the interface: a defect of this program.
    public var onMismatch: ((String) -> Void)?
    /// Told, by the loop, the number of each connection that has ended, whatever was called on it.
    public var onDeparture: ((Int) -> Void)?

    /// Told of each connection of somebody who may not call, and which of our methods they asked for, where
    /// that is known.
    public var onDenial: ((Peer, String?) -> Void)?
    /// Told of each call that was refused before anybody handled it.
    public var onRefusal: ((Request, Peer, VarlinkError) -> Void)?

    /// Listens at a path, in the place of whatever socket is there.
    ///
    /// - Parameters:
    ///   - mode: who may connect: those who may write. Everybody, so that `authorize` decides and is seen to.
    ///   - group: of the socket's file.
    ///   - whenFull: told to who connects when there is no room.
    ///   - whenDenied: told to who may not call.
    ///   - authorize: whether a peer may call; asked once for each connection.
    public init(
        _ loop: Loop, listening path: String, mode: UInt32 = 0o666, group: UInt32,
        service: Service, whenFull: VarlinkError, whenDenied: VarlinkError = .permissionDenied,
        limits: ServerLimits = ServerLimits(), authorize: @escaping (Peer) -> Bool
    ) throws(SystemCallError) {
        self.loop = loop
        self.service = service
        self.limits = limits
        self.authorize = authorize
        self.whenFull = whenFull
        self.whenDenied = whenDenied
        listening = try Self.listen(at: path, mode: mode, group: group, backlog: limits.backlog)
        listenSource = try loop.watch(listening.descriptor.number, for: .readable) {
            [unowned self] _ in self.accept()
        }
        acceptTimer = try loop.timer { [unowned self] in self.listenSource?.isEnabled = true }
        deadlineTimer = try loop.timer(accuracyMicroseconds: UInt64(limits.deadlineInterval / 4)) {
            [unowned self] in
            self.checkDeadlines()
        }
        deferred = try loop.deferred { [unowned self] in self.catchUp() }
    }

    /// Answers calls of a method, given by its full name, one call at a time for each connection. A
    /// method that nobody handles is `MethodNotImplemented`.
    public func handle(_ method: String, _ handler: @escaping (Call) -> Void) {
        handlers[method] = handler
    }

    /// How many callers are connected.
    public var connectionCount: Int { connections.count }

    /// Takes no more connections; those that are there stay.
    public func stopListening() {
        listenSource = nil
        acceptTimer = nil
    }

    // MARK: Listening

    /// The name is another's until it is ours whole: bound beside it, and then moved over it.
    private static func listen(
        at path: String, mode: UInt32, group: UInt32, backlog: Int32
    ) throws(SystemCallError) -> ListeningSocket {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            throw SystemCallError("bind", on: path, .EINVAL)
        }
        let directory = try Directory(
            opening: slash == path.startIndex ? "/" : String(path[..<slash]))
        let name = String(path[path.utf8.index(after: slash)...])
        let fresh = ".\(name).new"
        // What a server left that ended just here; that it is not there is the usual case.
        try? directory.removeFile(fresh)
        let socket = try ListeningSocket(
            .stream, name: fresh, in: directory, permissions: mode, backlog: backlog)
        do {
            try directory.setOwner(fresh, user: 0, group: group)
            try directory.rename(fresh, to: name)
        } catch {
            try? directory.removeFile(fresh)
            throw error
        }
        return socket
    }

    private func accept() {
        for _ in 0..<limits.acceptedAtOnceMax {
            do throws(SystemCallError) {
                guard let socket = try listening.accept() else { return }
                try add(socket)
            } catch {
                // No descriptor or no memory left: waiting is all that can be done, and asking again
                // at once would be all that is done.
                listenSource?.isEnabled = false
                acceptTimer?.set(at: loop.now + limits.acceptPause)
                return
            }
        }
    }

    private func add(_ socket: consuming StreamSocket) throws(SystemCallError) {
        var peer = try Peer(of: socket.descriptor)
        if !authorize(peer) { return meet(peer, socket) }
        // Whoever holds it now is not who connected.
        if try !peer.identify(socket.descriptor) { return }
        let user = peer.user
        let count = countOfUser[user, default: 0]
        let userMax = user == 0 ? limits.connectionsOfRootMax : limits.connectionsPerUserMax
        // Of those who never said a word, the oldest makes room.
        if count >= userMax {
            guard let idle = oldestUnused(of: user) else { return refuse(socket, with: whenFull) }
            idle.close()
        } else if connections.count >= limits.connectionsMax {
            guard let idle = oldestUnused(of: nil) else { return refuse(socket, with: whenFull) }
            idle.close()
        }
        nextNumber += 1
        let connection = try Connection(socket, number: nextNumber, peer: peer, server: self)
        connections[nextNumber] = connection
        countOfUser[user, default: 0] += 1
    }

    /// Nothing that strangers do takes anything from those who may call.
    private func meet(_ unknown: Peer, _ socket: consuming StreamSocket) {
        var peer = unknown
        let isFull =
            strangers.count >= limits.strangersMax
            || strangers.values.count { $0.peer.user == unknown.user } >= limits.strangersPerUserMax
        if isFull { return turnAway(socket, peer, wanting: nil) }
        do throws(SystemCallError) {
            // One that has ended is turned away like all others.
            _ = try peer.identify(socket.descriptor)
            nextNumber += 1
            strangers[nextNumber] = try Stranger(
                socket, number: nextNumber, peer: peer, server: self)
            watchDeadlines()
        } catch { onDenial?(peer, nil) }
    }

    func turnAway(_ socket: consuming StreamSocket, _ peer: Peer, wanting method: String?) {
        // Whoever is told may rely on it that it is known.
        onDenial?(peer, method.flatMap { handlers[$0] == nil ? nil : $0 })
        refuse(socket, with: whenDenied)
    }

    func forget(_ stranger: Stranger) { strangers[stranger.number] = nil }

    private func refuse(_ socket: consuming StreamSocket, with error: VarlinkError) {
        // It fits into an empty socket; and who is gone needs no answer.
        _ = try? socket.send(error.encoded()[...])
    }

    private func oldestUnused(of user: UInt32?) -> Connection? {
        var oldest: Connection?
        for connection in connections.values where !connection.wasUsed {
            if let user, connection.peer.user != user { continue }
            if let found = oldest, found.number < connection.number { continue }
            oldest = connection
        }
        return oldest
    }

    // MARK: Connections

    /// Whether what waits on this one is little, or all of it together not too much.
    func hasRoom(for connection: Connection) -> Bool {
        connection.buffered <= limits.bufferFree || bufferedTotal <= limits.buffersMax
    }

    /// Bytes that wait on all connections.
    var bufferedTotal: Int { connections.values.reduce(0) { $0 + $1.buffered } }

    func forget(_ connection: Connection, leaving call: Call?) {
        guard connections.removeValue(forKey: connection.number) != nil else { return }
        let user = connection.peer.user
        let left = countOfUser[user, default: 1] - 1
        countOfUser[user] = left == 0 ? nil : left
        if let call { hungUp.append(call) }
        departed.append(connection.number)
        deferred?.trigger()
    }

    func resumeLater(_ connection: Connection) {
        resumed.append(connection)
        deferred?.trigger()
    }

    private func catchUp() {
        let calls = hungUp
        hungUp = []
        for call in calls { call.hangUp() }
        let numbers = departed
        departed = []
        for number in numbers { onDeparture?(number) }
        let connections = resumed
        resumed = []
        for connection in connections { connection.resume() }
    }

    func reportMismatch(_ text: String) { onMismatch?(text) }

    // MARK: Deadlines

    /// As long as there is one.
    func watchDeadlines() {
        if isWatchingDeadlines { return }
        isWatchingDeadlines = true
        deadlineTimer?.set(at: loop.now + limits.deadlineInterval)
    }

    private func checkDeadlines() {
        isWatchingDeadlines = false
        let now = loop.now
        var isLeft = false
        for connection in Array(connections.values) where connection.check(at: now) {
            isLeft = true
        }
        for stranger in Array(strangers.values) where stranger.deadline <= now {
            stranger.finish(wanting: nil)
        }
        if !strangers.isEmpty { isLeft = true }
        if isLeft { watchDeadlines() }
    }
}

extension VarlinkError {
    /// As a message, with its NUL.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        JSON.object([.init("error", .string(name)), .init("parameters", parameters)])
            .encode(to: &bytes)
        bytes.append(0)
        return bytes
    }
}
