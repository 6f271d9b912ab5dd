public import JSONTree
internal import VarlinkWire

/// The replies to a call that has many of them, for somebody who waits for other things too.
public struct ReplyStream {
    private let supervisor: Supervisor

    /// Calls a method, named without its interface.
    public init(
        _ method: String, _ parameters: JSON, at socket: String
    ) throws(ClientError) {
        supervisor = try Supervisor(at: socket)
        do throws(VarlinkClientError) {
            try supervisor.client.callForMore(Supervisor.interface + method, parameters)
        } catch { throw ClientError(error) }
    }

    /// To wait for the next reply by poll(2).
    public var descriptor: CInt { supervisor.client.descriptor }

    /// The next reply; nil where it is not there yet.
    public func next() throws(ClientError) -> JSON? {
        do throws(VarlinkClientError) {
            return try supervisor.client.replyIfThere()?.parameters
        } catch {
            throw ClientError(error)
        }
    }
}
