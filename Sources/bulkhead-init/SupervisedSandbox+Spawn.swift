import CInit

/// How a run begins.
extension SupervisedSandbox {
    mutating func spawn(_ run: UInt64, _ which: SpawnDescriptors, _ descriptors: [Int32]) {
        if let slot = slot(of: run) {
            return mark(slot, runs[slot].isRunning ? .running : .outcome)
        }
        if bucket == nil {
            answer = .notStarted(run: run, .admit, errno: Errno.protocolError)
            return
        }
        if knownRuns >= InitMessage.runsMax {
            answer = .notStarted(run: run, .admit, errno: Errno.tooManyUsers)
            return
        }
        let slot = newSlot()
        runs[slot].number = run
        if let refusal = begin(slot, which, descriptors) {
            runs[slot].state = .refused(refusal)
            closeNotification(of: slot)
            closeTerminal(of: slot)
            closePipe(of: slot, .output)
            closePipe(of: slot, .error)
            mark(slot, .outcome)
        } else {
            mark(slot, .started)
        }
    }

    private mutating func newSlot() -> Int {
        knownRuns += 1
        if let free = runs.firstIndex(where: { $0.number == 0 }) { return free }
        runs.append(Run())
        return runs.count - 1
    }

    /// Starts the run of a place in the table; nil where that worked.
    private mutating func begin(
        _ slot: Int, _ which: SpawnDescriptors, _ descriptors: [Int32]
    ) -> Refusal? {
        // Fewer came than were sent: this process may open no more.
        if descriptors.count != which.count {
            return Refusal(stage: .readRequest, errno: Errno.tooManyFiles)
        }
        var start: StartRequest
        switch StartRequest.read(descriptors[0]) {
        case .failure(let refusal): return refusal
        case .success(let request): start = request
        }
        var next = 1
        func descriptor(_ one: SpawnDescriptors) -> Int32? {
            if !which.contains(one) { return nil }
            defer { next += 1 }
            return descriptors[next]
        }
        start.cgroup = descriptor(.cgroup) ?? -1
        start.standard = (
            descriptor(.input) ?? null, descriptor(.output) ?? -1, descriptor(.error) ?? -1
        )
        runs[slot].logFields = start.layout.logFields
        // Of the pipes of its log, what is the run's: closed here when it has them.
        var theirs: [Int32] = []
        defer { for end in theirs { init_close(end) } }
        if start.layout.terminal != nil {
            start.standard = (-1, -1, -1)
        } else if let refusal = openLog(of: slot, &start.standard, &theirs) {
            return refusal
        }
        if start.layout.notify, let refusal = bindNotification(of: slot, start) { return refusal }
        switch start.begin(controller: &runs[slot].controller) {
        case .failure(let refusal): return refusal
        case .success(let pid): runs[slot].pid = pid
        }
        if runs[slot].controller >= 0 {
            _ = init_set_nonblocking(runs[slot].controller)
            // Whoever asked for the run has its terminal with the answer.
            runs[slot].isAttached = true
        }
        return nil
    }

    /// A pipe for each of standard output and error that is to be logged; /dev/null where nothing is.
    private mutating func openLog(
        of slot: Int, _ standard: inout (Int32, Int32, Int32), _ theirs: inout [Int32]
    ) -> Refusal? {
        let isLogged = !runs[slot].logFields.isEmpty
        if standard.1 < 0 {
            standard.1 = null
            if isLogged {
                let result = init_pipe(&runs[slot].output.descriptor, &standard.1)
                if result < 0 { return Refusal(stage: .openLog, errno: Int32(-result)) }
                theirs.append(standard.1)
                watch(runs[slot].output.descriptor, INIT_IN, Tag.output, slot)
            }
        }
        if standard.2 < 0 {
            standard.2 = null
            if isLogged {
                let result = init_pipe(&runs[slot].error.descriptor, &standard.2)
                if result < 0 { return Refusal(stage: .openLog, errno: Int32(-result)) }
                theirs.append(standard.2)
                watch(runs[slot].error.descriptor, INIT_IN, Tag.error, slot)
            }
        }
        return nil
    }

    // MARK: Notifications

    private mutating func bindNotification(of slot: Int, _ start: StartRequest) -> Refusal? {
        guard let path = start.variable("NOTIFY_SOCKET") else {
            return Refusal(stage: .bindNotification, errno: Errno.badMessage)
        }
        let result = path.withUnsafeBytes {
            init_bind($0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
        if result < 0 { return Refusal(stage: .bindNotification, errno: Int32(-result)) }
        runs[slot].notification = Int32(result)
        runs[slot].notificationPath = path
        watch(runs[slot].notification, INIT_IN, Tag.notification, slot)
        return nil
    }

    mutating func closeNotification(of slot: Int) {
        if runs[slot].notification < 0 { return }
        readNotifications(of: slot)
        watch(runs[slot].notification, 0, 0)
        init_close(runs[slot].notification)
        runs[slot].notification = -1
        runs[slot].notificationPath.withUnsafeBytes {
            init_unlink($0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
        runs[slot].notificationPath = []
    }

    /// Of a datagram in bytes. A longer one is no notification.
    private static let notificationMax = 4_096
    /// Datagrams that are read before others get their turn.
    private static let notificationsMax = 16

    /// Of sockaddr_un: unix(7).
    private static let addressMax = 110

    /// Tells it to whoever asked. One who has gone, or reads nothing, misses it.
    func give(_ notice: PreemptionNotice, to slot: Int) {
        let (socket, address) = (runs[slot].notification, runs[slot].noticeAddress)
        if socket < 0 || address.isEmpty { return }
        let text = notice.text
        _ = init_send_to(socket, text.utf8Start, text.utf8CodeUnitCount, address, address.count)
    }

    mutating func readNotifications(of slot: Int) {
        guard slot < runs.count, runs[slot].notification >= 0 else { return }
        prepareBuffer()
        for _ in 0..<Self.notificationsMax {
            let socket = runs[slot].notification
            var address = [UInt8](repeating: 0, count: Self.addressMax)
            var addressSize = address.count
            let length = init_receive_text(
                socket, &buffer, Self.notificationMax, &address, &addressSize)
            if length < 0 { return }
            if length > Int64(Self.notificationMax) { continue }
            // A name of its network namespace: with a path, somebody might have put another socket there.
            if asksForNotices(buffer[0..<Int(length)]), addressSize > 3, address[2] == 0 {
                runs[slot].noticeAddress = Array(address[..<addressSize])
            }
            let said = Notifications(text: buffer[0..<Int(length)])
            if said.isEmpty { continue }
            runs[slot].heard.formUnion(said)
            runs[slot].untold.formUnion(said)
            mark(slot, .notified)
        }
    }
}
