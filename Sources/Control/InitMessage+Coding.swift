extension InitMessage {
    public func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .spawn(let run, let descriptors):
            writer.bytes = [1, descriptors.rawValue]
            writer.append(run)
        case .signalAll(let number): writer.bytes = [2, number]
        case .started(let run, let pid):
            writer.bytes = [3]
            writer.append(run)
            writer.append(pid)
        case .notStarted(let run, let stage, let errno):
            writer.bytes = [4, stage.rawValue]
            writer.append(run)
            writer.append(UInt32(bitPattern: errno))
        case .casualty(let run, let pid, let name):
            writer.bytes = [5]
            writer.append(run)
            writer.append(pid)
            writer.bytes += name.prefix(InitMessage.nameLengthMax)
        case .ended(let run, let ending):
            writer.bytes = [6, ending.signalled ? 1 : 0, ending.status]
            writer.append(run)
            writer.append(ending.pid)
            writer.append(ending.userTime)
            writer.append(ending.systemTime)
            writer.bytes += ending.name.prefix(InitMessage.nameLengthMax)
        case .hold(let budget, let capabilities, let descriptors):
            writer.bytes = [7, descriptors.rawValue]
            writer.append(budget.linesPerSecond)
            writer.append(budget.burst)
            writer.append(capabilities)
        case .signal(let number, let run):
            writer.bytes = [8, number]
            writer.append(run)
        case .acknowledge(let run):
            writer.bytes = [9]
            writer.append(run)
        case .report: writer.bytes = [10]
        case .attach(let isWanted, let run):
            writer.bytes = [11, isWanted ? 1 : 0]
            writer.append(run)
        case .notified(let run, let notifications):
            writer.bytes = [12, notifications.rawValue]
            writer.append(run)
        case .running(let run, let pid, let notifications):
            writer.bytes = [13, notifications.rawValue]
            writer.append(run)
            writer.append(pid)
        case .reported(let count):
            writer.bytes = [14]
            writer.append(count)
        case .terminal(let run):
            writer.bytes = [15]
            writer.append(run)
        case .journalLost: writer.bytes = [16]
        case .said(let run, let text):
            writer.bytes = [17]
            writer.append(run)
            writer.bytes += text.suffix(InitMessage.saidMax)
        case .suppressed(let run, let count):
            writer.bytes = [18]
            writer.append(run)
            writer.append(count)
        case .hinted(let run, let hints):
            writer.bytes = [19, hints.rawValue]
            writer.append(run)
        case .notice(let notice, let run):
            writer.bytes = [20, notice.rawValue]
            writer.append(run)
        }
        return writer.bytes
    }

    /// Nil where the bytes are no message.
    public init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let kind = reader.byte(), let message = InitMessage(kind, &reader), reader.isAtEnd
        else { return nil }
        self = message
    }

    private init?(_ kind: UInt8, _ reader: inout ByteReader) {
        switch kind {
        case 1:
            guard let raw = reader.byte(), let descriptors = SpawnDescriptors(exactly: raw),
                let run = reader.longNumber()
            else { return nil }
            self = .spawn(run: run, descriptors)
        case 2:
            guard let number = reader.signal() else { return nil }
            self = .signalAll(number)
        case 3:
            guard let run = reader.longNumber(), let pid = reader.number() else { return nil }
            self = .started(run: run, pid: pid)
        case 4:
            guard let raw = reader.byte(), let stage = SpawnStage(rawValue: raw),
                let run = reader.longNumber(), let errno = reader.number()
            else { return nil }
            self = .notStarted(run: run, stage, errno: Int32(bitPattern: errno))
        case 5:
            guard let run = reader.longNumber(), let pid = reader.number(),
                let name = reader.name()
            else { return nil }
            self = .casualty(run: run, pid: pid, name: name)
        case 6:
            guard let signalled = reader.flag(), let status = reader.byte(),
                let run = reader.longNumber(), let pid = reader.number(),
                let user = reader.longNumber(), let system = reader.longNumber(),
                let name = reader.name()
            else { return nil }
            if signalled && !signals.contains(status) { return nil }
            self = .ended(
                run: run,
                Ending(
                    pid: pid, signalled: signalled, status: status, userTime: user,
                    systemTime: system, name: name))
        case 7:
            guard let raw = reader.byte(), let descriptors = HoldDescriptors(exactly: raw),
                let linesPerSecond = reader.number(), let burst = reader.number(),
                let budget = LogBudget(linesPerSecond: linesPerSecond, burst: burst),
                let capabilities = reader.longNumber()
            else { return nil }
            self = .hold(budget, capabilities: capabilities, descriptors)
        case 8:
            guard let number = reader.signal(), let run = reader.longNumber() else { return nil }
            self = .signal(number, run: run)
        case 9:
            guard let run = reader.longNumber() else { return nil }
            self = .acknowledge(run: run)
        case 10: self = .report
        case 11:
            guard let isWanted = reader.flag(), let run = reader.longNumber() else { return nil }
            self = .attach(isWanted, run: run)
        case 12:
            guard let raw = reader.byte(), let notifications = Notifications(exactly: raw),
                !notifications.isEmpty, let run = reader.longNumber()
            else { return nil }
            self = .notified(run: run, notifications)
        case 13:
            guard let raw = reader.byte(), let notifications = Notifications(exactly: raw),
                let run = reader.longNumber(), let pid = reader.number()
            else { return nil }
            self = .running(run: run, pid: pid, notifications)
        case 14:
            guard let count = reader.number(), count <= InitMessage.runsMax else { return nil }
            self = .reported(count: count)
        case 15:
            guard let run = reader.longNumber() else { return nil }
            self = .terminal(run: run)
        case 16: self = .journalLost
        case 17:
            guard let run = reader.longNumber() else { return nil }
            let text = reader.rest()
            if text.count > InitMessage.saidMax { return nil }
            self = .said(run: run, text)
        case 18:
            guard let run = reader.longNumber(), let count = reader.longNumber() else { return nil }
            self = .suppressed(run: run, count: count)
        case 19:
            guard let raw = reader.byte(), let hints = Hints(exactly: raw), !hints.isEmpty,
                let run = reader.longNumber()
            else { return nil }
            self = .hinted(run: run, hints)
        case 20:
            guard let raw = reader.byte(), let notice = PreemptionNotice(rawValue: raw),
                let run = reader.longNumber()
            else { return nil }
            self = .notice(notice, run: run)
        default: return nil
        }
    }
}

/// 64 is the last signal of x86-64: signal(7).
private let signals: ClosedRange<UInt8> = 1...64

extension ByteReader {
    fileprivate mutating func signal() -> UInt8? {
        guard let number = byte(), signals.contains(number) else { return nil }
        return number
    }

    fileprivate mutating func flag() -> Bool? {
        guard let raw = byte(), raw <= 1 else { return nil }
        return raw == 1
    }

    fileprivate mutating func name() -> [UInt8]? {
        let name = rest()
        return name.count <= InitMessage.nameLengthMax ? name : nil
    }
}
