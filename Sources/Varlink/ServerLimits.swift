/// The bounds of a server. What they come to: some 24 MiB in buffers, whatever callers do.
public struct ServerLimits: Sendable {
    /// Connections at the same time. Well below the descriptors that a service may open.
    public var connectionsMax = 512
    /// Of one user; root may have more, and never all.
    public var connectionsPerUserMax = 64
    public var connectionsOfRootMax = 384
    /// Connections that wait in the kernel until they are accepted: listen(2).
    public var backlog: Int32 = 512
    /// Accepted before others have their turn.
    public var acceptedAtOnceMax = 16
    /// After the kernel refused to open one more descriptor, microseconds.
    public var acceptPause: Int64 = 100_000

    /// Connections of those who may not call, beside all others: of one user, and of all. Each is there for a
    /// moment only, to be told so.
    public var strangersPerUserMax = 4
    public var strangersMax = 32
    /// Bytes of what they ask for, and how long that may take, microseconds.
    public var strangerBytesMax = 16_384
    public var strangerTimeout: Int64 = 2_000_000

    /// Bytes of a call. The longest, a command with its arguments, could not be executed beyond that.
    public var messageMax = 1 << 20
    /// Descriptors of a call: three for a command, and two to grow.
    public var descriptorsMax = 5
    /// Calls of one connection that are taken before others have their turn.
    public var callsAtOnceMax = 8
    /// Bytes read at a time.
    public var readMax = 16_384
    /// How long the rest of a call that has begun may take, microseconds.
    public var messageTimeout: Int64 = 10_000_000

    /// How often deadlines are looked at while there is one, microseconds.
    public var deadlineInterval: Int64 = 1_000_000

    /// Bytes of replies that a caller has not read yet, before no further call of its is taken.
    public var outputWatermark = 65_536
    /// And before it is dropped. Room for the longest reply, a list of every project.
    public var outputMax = 4 << 20
    /// How long it may read nothing of them, microseconds.
    public var outputTimeout: Int64 = 30_000_000

    /// Bytes that wait in both directions of one connection without anybody asking what the others hold.
    public var bufferFree = 16_384
    /// Bytes that wait on all connections, before one that wants more is dropped.
    public var buffersMax = 16 << 20

    public init() {}
}
