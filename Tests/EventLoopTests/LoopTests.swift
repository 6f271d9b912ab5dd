import EventLoop
import Syscalls
import Testing

struct LoopTests {
    /// Turns the loop until it has nothing more to do at once.
    private func settle(_ loop: Loop) throws {
        while try loop.turn(timeoutMicroseconds: 0) {}
    }

    @Test func aDescriptorIsWatchedUntilNobodyHoldsTheSource() throws {
        let loop = try Loop()
        let (read, write) = try pipe().split()
        let reading = FileDescriptor(owning: read)
        let writing = FileDescriptor(owning: write)
        var count = 0
        var source: DescriptorSource? = try loop.watch(reading.number, for: .readable) {
            readiness in
            #expect(readiness == .readable)
            count += 1
        }
        try settleOnce(loop)
        #expect(count == 0)
        try writing.writeAll("x")
        // It tells again and again, until it was read.
        #expect(try loop.turn(timeoutMicroseconds: 0) && count == 1)
        #expect(try loop.turn(timeoutMicroseconds: 0) && count == 2)
        source?.isEnabled = false
        #expect(try !loop.turn(timeoutMicroseconds: 0) && count == 2)
        source?.isEnabled = true
        #expect(try loop.turn(timeoutMicroseconds: 0) && count == 3)
        source = nil
        #expect(try !loop.turn(timeoutMicroseconds: 0) && count == 3)
    }

    private func settleOnce(_ loop: Loop) throws { _ = try loop.turn(timeoutMicroseconds: 0) }

    @Test func whatIsWaitedForCanChange() throws {
        let loop = try Loop()
        let (first, second) = try PacketSocket.pair()
        let near = FileDescriptor(owning: first)
        let far = FileDescriptor(owning: second)
        var seen: [Readiness] = []
        let source = try loop.watch(near.number, for: .readable) { seen.append($0) }
        try settleOnce(loop)
        #expect(seen == [])
        source.wait(for: .writable)
        try settleOnce(loop)
        #expect(seen == [.writable])
        source.wait(for: [])
        try settleOnce(loop)
        #expect(seen == [.writable])
        _ = consume far
        try settleOnce(loop)
        #expect(seen == [.writable, .hungUp])
    }

    @Test func aHandlerMayDropItsOwnSource() throws {
        final class Holder { var source: DeferredSource? }
        let loop = try Loop()
        let holder = Holder()
        var count = 0
        holder.source = try loop.deferred {
            holder.source = nil
            count += 1
        }
        holder.source?.trigger()
        try settle(loop)
        #expect(count == 1 && holder.source == nil)
    }

    @Test func aTimerComesOnceAndOnlyWhenItWasSet() throws {
        let loop = try Loop()
        var count = 0
        let timer = try loop.timer(accuracyMicroseconds: 1) { count += 1 }
        #expect(try !loop.turn(timeoutMicroseconds: 10_000) && count == 0)
        let start = monotonicMicroseconds()
        timer.set(at: start + 20_000)
        while count == 0 { _ = try loop.turn(timeoutMicroseconds: 1_000_000) }
        #expect(monotonicMicroseconds() >= start + 20_000)
        #expect(try !loop.turn(timeoutMicroseconds: 10_000) && count == 1)
        timer.set(at: 0)
        try settle(loop)
        #expect(count == 2)
        timer.set(at: 0)
        timer.disarm()
        #expect(try !loop.turn(timeoutMicroseconds: 0) && count == 2)
    }

    @Test func whatIsDeferredComesOnceForEachTurnInWhichItWasAsked() throws {
        let loop = try Loop()
        var count = 0
        let deferred = try loop.deferred { count += 1 }
        try settle(loop)
        #expect(count == 0)
        deferred.trigger()
        deferred.trigger()
        try settle(loop)
        #expect(count == 1)
        deferred.trigger()
        try settle(loop)
        #expect(count == 2)
    }

    @Test func afterOthersComesAfterThem() throws {
        let loop = try Loop()
        var order: [String] = []
        let after = try loop.afterOthers { order.append("after") }
        let deferred = try loop.deferred { order.append("first") }
        deferred.trigger()
        try settle(loop)
        #expect(order == ["first", "after"])
        #expect(after.isEnabled)
    }

    @Test func runReturnsTheCodeOfExit() throws {
        let loop = try Loop()
        let deferred = try loop.deferred { loop.exit(7) }
        deferred.trigger()
        #expect(try loop.run() == 7)
    }

    @Test func aDescriptorThatIsNoneIsAnError() throws {
        let loop = try Loop()
        #expect(throws: SystemCallError("sd_event_add_io", on: "descriptor -1", .EBADF)) {
            _ = try loop.watch(-1, for: .readable) { _ in }
        }
    }

    @Test func withoutAServiceManagerThereIsNoWatchdog() throws {
        #expect(try !Loop().enableWatchdog())
        // And nobody to tell anything.
        ServiceManager.notifyStatus("testing")
    }
}
