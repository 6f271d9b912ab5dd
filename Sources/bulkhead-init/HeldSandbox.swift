import CInit

/// A sandbox of one run, number 0, that lives as long as somebody holds the other end of its control
/// socket.
struct HeldSandbox {
    private let children: Int32
    /// The first process of its run; 0: not started; -1: it has ended.
    private var pid: Int32 = 0
    private var lingers = true

    init(children: Int32) { self.children = children }

    mutating func turn() {
        let ready = init_wait(children)
        if ready < 0 { init_end() }
        if ready & 2 != 0 { reap() }
        if ready & 1 != 0 { receive() }
    }

    /// Takes one message. A closed socket means that nobody holds this sandbox any more: it ends.
    private mutating func receive() {
        let packet = Packet(from: Int32(INIT_CONTROL))
        if packet.count == 0 || (packet.count < 0 && packet.count != -Int64(Errno.again)) {
            init_end()
        }
        defer { packet.close() }
        switch packet.message {
        case .spawn(run: 0, .request) where packet.descriptors.count == 1 && pid == 0:
            spawn(packet.descriptors[0])
        case .signalAll(let number): init_signal_all(Int32(number))
        default: break
        }
    }

    private mutating func spawn(_ request: Int32) {
        var controller: Int32 = -1
        switch StartRequest.read(request) {
        case .failure(let refusal): send(.notStarted(run: 0, refusal.stage, errno: refusal.errno))
        case .success(let start):
            lingers = start.layout.lingers
            switch start.begin(controller: &controller) {
            case .failure(let refusal):
                send(.notStarted(run: 0, refusal.stage, errno: refusal.errno))
            case .success(let started):
                pid = started
                send(.started(run: 0, pid: UInt32(started)), with: controller)
            }
        }
        if controller >= 0 { init_close(controller) }
        // What could not be started is not tried again.
        if pid == 0 { init_end() }
        init_close_standard()
        // For the signals of its holder. Nothing is started any more.
        if init_keep_capabilities(Capability.kill) < 0 { init_end() }
    }

    /// Reaps everything that has ended. When the run's first process has, the sandbox stays until
    /// its holder has read what it used, if there is anything to read: systemd removes a cgroup with
    /// its last process.
    private mutating func reap() {
        var ended = init_ended()
        while init_find_ended(&ended) > 0 {
            let isFirst = ended.pid == pid
            let name = isFirst || ended.isCasualty ? ended.name() : []
            if init_reap(&ended) < 0 { return }
            if isFirst {
                pid = -1
                send(.ended(run: 0, ended.ending(named: name)))
                if !lingers { init_end() }
            } else if ended.isCasualty {
                // Without waiting: a flood of casualties must not hold up the reaping.
                send(.casualty(run: 0, pid: UInt32(ended.pid), name: name), wait: false)
            }
        }
    }

    private func send(_ message: InitMessage, with descriptor: Int32 = -1, wait: Bool = true) {
        let bytes = message.encoded()
        // Whoever does not listen any more has closed the socket, which ends the next wait.
        _ = init_send(Int32(INIT_CONTROL), bytes, bytes.count, descriptor, wait ? 1 : 0)
    }
}
