public import JSONTree
internal import Launch
internal import Plan
internal import Syscalls
internal import VarlinkWire

extension RemoteRun {
    /// How long a new supervisor may take to answer: a restart with a machine full of sandboxes.
    private static let reconnectionMax: Int64 = 30_000_000
    private static let retryMilliseconds: Int64 = 100
    /// How long output may still come after the command has ended: long enough for any reader that
    /// reads.
    private static let drainMax: Int64 = 2_000_000
    /// Leaves an attached terminal: Ctrl-], as telnet(1) has it.
    private static let leaveKey: UInt8 = 0x1D
    /// For a supervisor that has to pass a signal on.
    private static let signalTimeout = Milliseconds(5_000)
    /// Signals that come before the command has started and are passed on afterwards.
    private static let waitingSignalsMax = 8

    /// Carries, passes on and waits until it has ended.
    ///
    /// - Parameter whenRecorded: called where the session is recorded, before anything of it is shown, with
    ///   what of it is: `output` or `all`.
    /// - Returns: the reply that tells how; nil where a terminal was left before.
    public consuming func finish(
        whenRecorded: @escaping (String) -> Void
    ) throws(ClientError) -> JSON? {
        self.whenRecorded = whenRecorded
        while last == nil && !hasLeft { try turn() }
        if !hasLeft { try drain() }
        return last
    }

    // MARK: One turn

    private mutating func turn() throws(ClientError) {
        var connection: CInt = -1  // A negative number is passed over: poll(2).
        var timeout: Int64?
        switch link {
        case .up(let client): connection = client.descriptor
        case .down: timeout = Self.retryMilliseconds
        }
        var entries = [
            PollEntry(signals.descriptor.number, .readable), PollEntry(connection, .readable),
        ]
        let active = relays.filter { !$0.isOver }
        entries += active.compactMap(\.interest)
        try wait(for: &entries, timeout)
        if !entries[0].occurred.isEmpty { try takeSignals() }
        for (relay, entry) in zip(active, entries[2...]) { try advance(relay, entry.occurred) }
        switch link {
        case .up(let client): if !entries[1].occurred.isEmpty { try receive(from: client) }
        case .down(let until): try reconnect(until: until)
        }
    }

    private func wait(
        for entries: inout [PollEntry], _ timeout: Int64?
    ) throws(ClientError) {
        do throws(SystemCallError) { try poll(&entries, timeoutMilliseconds: timeout) } catch {
            throw ClientError(error)
        }
    }

    private mutating func advance(
        _ relay: Relay, _ occurred: PollEntry.Events
    ) throws(ClientError) {
        relay.advance(occurred)
        if relay.isLeft { hasLeft = true }
        if relay.lostSource && relay.isInput && rawInput != nil { try pass(on: .SIGHUP) }
    }

    /// Carries over what was written last: with the command gone every pipe comes to its end.
    private mutating func drain() throws(ClientError) {
        for relay in relays where relay.isInput { relay.end() }
        let until = monotonicMicroseconds() + Self.drainMax
        while true {
            let active = relays.filter { !$0.isOver }
            var entries = active.compactMap(\.interest)
            let left = (until - monotonicMicroseconds()) / 1_000
            if entries.isEmpty || left <= 0 { return }
            try wait(for: &entries, left)
            for (relay, entry) in zip(active, entries) { relay.advance(entry.occurred) }
        }
    }

    // MARK: Replies

    private mutating func receive(from client: VarlinkClient) throws(ClientError) {
        while last == nil {
            let reply: VarlinkClient.Reply
            do throws(VarlinkClientError) {
                guard let next = try client.replyIfThere() else { return }
                reply = next
            } catch {
                switch error {
                case .hungUp, .failed:
                    link = .down(until: monotonicMicroseconds() + Self.reconnectionMax)
                    return
                case .refused(let error)
                where error.name == Supervisor.interface + "RunNotFound"
                    && asked:
                    throw .forgotten(wasStarted: run != nil)
                default: throw ClientError(error)
                }
            }
            try take(reply, from: client)
        }
    }

    private mutating func take(
        _ reply: VarlinkClient.Reply, from client: VarlinkClient
    ) throws(ClientError) {
        if run == nil, let number = reply.parameters["run"]?.integer {
            run = number
            let waiting = waitingSignals
            waitingSignals = []
            for signal in waiting { try pass(on: signal) }
        }
        if let extent = reply.parameters["recorded"]?.string { whenRecorded(extent) }
        if terminal == nil, let descriptor = reply.descriptors.first { try connect(descriptor) }
        if reply.continues { return }
        if case .attach = purpose, reply.parameters["exit_status"]?.integer == nil {
            // It is connected; how the workload ends is another question.
            return try ask(client)
        }
        last = reply.parameters
    }

    private mutating func connect(_ descriptor: PassedDescriptor) throws(ClientError) {
        guard let number = descriptor.number, isTerminal(number) else {
            throw .notUnderstood("it sent no terminal")
        }
        do throws(SystemCallError) {
            try setNonBlocking(number)
            relays.append(StandardStreams.relay(from: number, toStream: 1, closes: []))
            if readsTerminal {
                let input = StandardStreams.relay(fromStream: 0, to: number, closes: [])
                if case .attach = purpose, rawInput != nil { input.leaveKey = Self.leaveKey }
                relays.append(input)
            }
            if let rawInput {
                raw = try RawTerminal(rawInput)
                if case .attach = purpose { try? copyWindowSize(from: 0, to: number) }
            }
        } catch { throw ClientError(error) }
        terminal = descriptor
    }

    // MARK: Another supervisor

    private mutating func reconnect(until: Int64) throws(ClientError) {
        do throws(ClientError) {
            let supervisor = try Supervisor(at: socket)
            link = .up(supervisor.client)
            try ask(supervisor.client)
        } catch {
            guard case .unreachable = error else { throw error }
            if monotonicMicroseconds() >= until { throw error }
        }
    }

    /// Asks how the run ends. It may reply once only; `more` leaves the waiting to us.
    private mutating func ask(_ client: VarlinkClient) throws(ClientError) {
        asked = true
        do throws(VarlinkClientError) {
            try client.callForMore(
                Supervisor.interface + "Wait",
                [
                    "run": token.isEmpty ? run.map { .integer($0) } : nil,
                    "token": token.isEmpty ? nil : .string(token),
                    "terminal": terminal == nil ? nil : true,
                ])
        } catch { throw ClientError(error) }
    }

    // MARK: Signals

    private mutating func takeSignals() throws(ClientError) {
        do throws(SystemCallError) {
            while let signal = try signals.next() {
                switch signal {
                case .SIGWINCH:
                    // Fails where our own terminal has gone, which SIGHUP tells.
                    if let number = terminal?.number { try? copyWindowSize(from: 0, to: number) }
                case .SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM: waitingSignals.append(signal)
                default: break
                }
            }
        } catch { throw ClientError(error) }
        if case .attach = purpose, !waitingSignals.isEmpty {
            hasLeft = true
            return
        }
        let waiting = waitingSignals
        waitingSignals = []
        for signal in waiting { try pass(on: signal) }
    }

    /// Over a connection of its own: ours waits for the run's end.
    private mutating func pass(on signal: Signal) throws(ClientError) {
        guard case .execute(let project) = purpose else { return }
        guard let run else {
            if waitingSignals.count < Self.waitingSignalsMax { waitingSignals.append(signal) }
            return
        }
        do throws(ClientError) {
            _ = try Supervisor(at: socket).call(
                "Kill",
                [
                    "project": .string(project), "run": .integer(run),
                    "signal": .integer(Int64(signal.rawValue)),
                ], timeout: Self.signalTimeout)
        } catch {
            // It may have ended a moment ago. But who asks to end should not be held up because there
            // is nobody to pass that on.
            if case .refused = error { return }
            throw .failed(
                message: "\(signal.name) cannot be passed on: \(error.message)",
                hint: "the command goes on as run \(run)")
        }
    }
}
