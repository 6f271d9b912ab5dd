public import JSONTree
public import Plan
internal import Syscalls
internal import VarlinkWire

/// A connection to the supervisor: varlink.org, interface io.bulkhead.Supervisor.
public final class Supervisor {
    let client: VarlinkClient

    static let interface = "io.bulkhead.Supervisor."

    /// Connects to the supervisor that listens at `socket`.
    public init(at socket: String) throws(ClientError) {
        do throws(VarlinkClientError) { client = try VarlinkClient(connectingTo: socket) } catch {
            throw ClientError(error)
        }
    }

    /// Calls a method, named without its interface, and returns what it replies.
    ///
    /// - Parameter timeout: for the whole of it; nil: as long as it takes.
    public func call(
        _ method: String, _ parameters: JSON = [:], timeout: Milliseconds? = nil
    ) throws(ClientError) -> JSON {
        do throws(VarlinkClientError) {
            return try client.call(Self.interface + method, parameters, timeout: timeout).parameters
        } catch { throw ClientError(error) }
    }

    /// Calls a method for as many replies as it has, each given to `body` as it comes, until `body`
    /// wants no more of them.
    public func stream(
        _ method: String, _ parameters: JSON, _ body: (JSON) -> Bool
    ) throws(ClientError) {
        do throws(VarlinkClientError) {
            try client.callForMore(Self.interface + method, parameters)
            while true {
                let reply = try client.reply()
                if !body(reply.parameters) || !reply.continues { return }
            }
        } catch { throw ClientError(error) }
    }
}
