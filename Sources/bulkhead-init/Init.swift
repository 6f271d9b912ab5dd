import CInit

/// PID 1 of a sandbox: starts what it is told to, reaps whatever ends, tells how the workload ended.
/// It lives as long as the other end of its control socket, and the sandbox lives as long as it.
@_cdecl("bulkhead_init")
func bulkheadInit() {
    let children = Int32(init_prepare())
    if children < 0 { init_end() }
    var workload = Workload()
    while true {
        let ready = init_wait(children)
        if ready < 0 { init_end() }
        if ready & 2 != 0 { reap(&workload) }
        if ready & 1 != 0 { receive(&workload) }
    }
}

/// The one workload of this sandbox.
private struct Workload {
    /// Its first process; 0: not started; -1: it has ended.
    var pid: Int32 = 0
    var lingers = true
}

/// Takes one message. A closed socket means that nobody holds this sandbox any more: it ends.
private func receive(_ workload: inout Workload) {
    var buffer = [UInt8](repeating: 0, count: InitMessage.lengthMax)
    var descriptor: Int32 = -1
    let count = init_receive(&buffer, buffer.count, &descriptor)
    if count == 0 || (count < 0 && count != -11) { init_end() }
    if count < 0 { return }
    switch InitMessage(Array(buffer[0..<Int(count)])) {
    case .spawn(run: 0, .request) where descriptor >= 0 && workload.pid == 0:
        let (outcome, controller, lingers) = start(request: descriptor)
        if case .started(_, let pid) = outcome {
            workload = Workload(pid: Int32(pid), lingers: lingers)
        }
        send(outcome, with: controller, wait: true)
        if controller >= 0 { init_close(controller) }
        // What could not be started is not tried again.
        if workload.pid == 0 { init_end() }
        init_close_standard()
        init_drop_capabilities()
    case .signalAll(let number): init_signal_all(Int32(number))
    default: break
    }
    if descriptor >= 0 { init_close(descriptor) }
}

/// Reaps everything that has ended. When the workload's first process has, the sandbox stays until
/// its holder has read what it used, if there is anything to read: systemd removes a cgroup with its
/// last process.
private func reap(_ workload: inout Workload) {
    var ended = init_ended()
    while init_reap(workload.pid, &ended) > 0 {
        let name = name(of: ended)
        if ended.pid == workload.pid {
            workload.pid = -1
            send(
                .ended(
                    run: 0,
                    .init(
                        pid: UInt32(ended.pid), signalled: ended.signalled != 0,
                        status: UInt8(truncatingIfNeeded: ended.status), userTime: ended.user_us,
                        systemTime: ended.system_us, name: name)),
                wait: true)
            if !workload.lingers { init_end() }
        } else if ended.signalled != 0 && ended.status == 9 {
            // Without waiting: a flood of casualties must not hold up the reaping.
            send(.casualty(run: 0, pid: UInt32(ended.pid), name: name), wait: false)
        }
    }
}

private func name(of ended: init_ended) -> [UInt8] {
    withUnsafeBytes(of: ended.name) { Array($0.prefix(Int(ended.name_length))) }
}

private func send(_ message: InitMessage, with descriptor: Int32 = -1, wait: Bool) {
    let bytes = message.encoded()
    // Whoever does not listen any more has closed the socket, which ends the next wait.
    _ = init_send(bytes, bytes.count, descriptor, wait ? 1 : 0)
}
