import Audit
import AuditVerification
import Plan
import Testing
import TrailMaking

/// Whether all that began has its end, and each change begins where the last one ended.
struct CompletenessTests {
    private let maker: TrailMaker
    private let shop: ProjectName

    /// 1 audit.chain.
    init() throws {
        var maker = try TrailMaker(chain: "0f0e")
        maker.add(AuditEntry(.auditChain, "a chain begins"))
        self.maker = maker
        shop = try ProjectName("shop")
    }

    private func told(_ trail: TrailMaker) -> [String] {
        findings(judged(trail.entries, keys: [trail.key]))
    }

    private func open(_ trail: TrailMaker) -> [String] {
        judged(trail.entries, keys: [trail.key]).chains[0].open
    }

    // MARK: Runs and sandboxes

    @Test func aRunWithoutAnEndIsOpenUntilSomethingContradictsIt() throws {
        var trail = maker
        trail.add(AuditEntry(.supervisorStarted, "bulkheadd has started"))
        trail.add(AuditEntry(.sandboxLaunched, "launched", project: shop))
        trail.add(AuditEntry(.runStarted, "run", project: shop, run: RunID(rawValue: 7)))
        #expect(open(trail) == ["the sandbox of shop", "run 7 of shop"])
        trail.add(AuditEntry(.supervisorStarted, "again"))
        // It has not said yet that it took over all.
        #expect(told(trail) == [])
        var adopted = trail
        adopted.add(AuditEntry(.sandboxAdopted, "adopted", project: shop))
        adopted.add(AuditEntry(.supervisorReconciled, "all"))
        #expect(told(adopted) == [])
        // What was taken over once has to be again.
        adopted.add(AuditEntry(.supervisorStarted, "and again"))
        #expect(told(adopted) == [])
        adopted.add(AuditEntry(.supervisorStopped, "of before there was a record of it each time"))
        #expect(told(adopted) == ["incomplete 3-3 @3", "incomplete 4-4 @4"])
        trail.add(AuditEntry(.supervisorReconciled, "all"))
        #expect(told(trail) == ["incomplete 3-3 @3", "incomplete 4-4 @4"])
        trail.add(AuditEntry(.runEnded, "run", project: shop, run: RunID(rawValue: 7)))
        trail.add(AuditEntry(.sandboxEnded, "ended", project: shop))
        #expect(told(trail) == [])
        #expect(open(trail) == [])
    }

    private func run(
        _ kind: AuditKind, _ number: UInt64, of project: ProjectName
    ) -> AuditEntry {
        AuditEntry(kind, "run \(number)", project: project, run: RunID(rawValue: number))
    }

    @Test func noRunOutlivesItsSandbox() throws {
        var trail = maker
        trail.add(AuditEntry(.sandboxLaunched, "launched", project: shop))
        trail.add(run(.runStarted, 7, of: shop))
        let other = try ProjectName("blog")
        trail.add(run(.runStarted, 8, of: other))
        trail.add(AuditEntry(.sandboxEnded, "ended", project: shop))
        #expect(told(trail) == ["incomplete 3-3 @3"])
        trail.add(run(.runEnded, 7, of: shop))
        // The next sandbox has runs of its own.
        trail.add(AuditEntry(.sandboxLaunched, "launched", project: shop))
        trail.add(run(.runStarted, 9, of: shop))
        #expect(told(trail) == [])
        #expect(open(trail) == ["run 8 of blog", "the sandbox of shop", "run 9 of shop"])
        trail.add(AuditEntry(.sandboxDistrusted, "not believed any more", project: shop))
        #expect(told(trail) == ["incomplete 8-8 @8"])
    }

    @Test func whatAnotherUnitWroteEndsNothing() throws {
        var trail = maker
        trail.add(run(.runStarted, 7, of: shop))
        var forged = trail
        let index = forged.add(run(.runEnded, 7, of: shop))
        var end = forged.entries[index]
        end.set("_SYSTEMD_UNIT", "session-3.scope")
        try trail.head()
        let verdict = judged(trail.entries + [end], keys: [trail.key])
        #expect(findings(verdict) == ["forged 3-3 @4"])
        #expect(verdict.chains[0].open == ["run 7 of shop"])
    }

    @Test func whatWasSentOnceMoreIsStillWhereItsNumberIs() throws {
        var trail = maker
        let index = trail.add(run(.runStarted, 7, of: shop))
        trail.add(run(.runEnded, 7, of: shop))
        trail.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "2")]))
        trail.republish(index)
        try trail.head()
        #expect(told(trail) == [] && open(trail) == [])
    }

    // MARK: Limits

    private func change(
        _ from: String, _ to: String, of project: ProjectName? = nil,
        _ workload: WorkloadName? = nil, limit: String = "memory", kind: AuditKind = .quotaChanged
    ) -> AuditEntry {
        AuditEntry(
            kind, "changed", project: project ?? shop, workload: workload,
            details: [
                (AuditField.limit, limit), (AuditField.from, from), (AuditField.to, to),
            ])
    }

    @Test func aLimitThatChangesFromWhatNobodySetIsIncomplete() throws {
        var trail = maker
        trail.add(change("1G", "2G"))
        trail.add(change("2G", "3G"))
        trail.add(change("4G", "5G"))
        #expect(told(trail) == ["incomplete 4-4 @4"])
    }

    @Test func eachLimitOfEachProjectAndServiceIsItsOwn() throws {
        var trail = maker
        let (blog, web) = (try ProjectName("blog"), try WorkloadName("web"))
        trail.add(change("1G", "2G"))
        trail.add(change("3G", "4G", limit: "memory.high"))
        trail.add(change("5G", "6G", of: blog))
        trail.add(change("7G", "8G", of: shop, web))
        #expect(told(trail) == [])
        trail.add(change("6G", "9G", of: shop, web))
        #expect(told(trail) == ["incomplete 6-6 @6"])
    }

    @Test func aNewSandboxBeginsWithThePolicysLimits() throws {
        var trail = maker
        let (blog, web) = (try ProjectName("blog"), try WorkloadName("web"))
        trail.add(change("1G", "2G"))
        trail.add(change("1G", "2G", of: shop, web))
        trail.add(change("1G", "2G", of: blog))
        trail.add(AuditEntry(.sandboxLaunched, "launched", project: shop))
        trail.add(change("1G", "3G"))
        trail.add(change("1G", "3G", of: shop, web))
        #expect(told(trail) == [])
        // Of another project nothing begins.
        trail.add(change("1G", "3G", of: blog))
        #expect(told(trail) == ["incomplete 8-8 @8"])
    }

    @Test(arguments: [AuditKind.quotaUndone, .limitChanged])
    func whatWasUndoneOrChangedByOthersSaysNothingOfTheNextChange(_ kind: AuditKind) throws {
        var trail = maker
        trail.add(change("1G", "2G"))
        trail.add(change("2G", "7G", kind: kind))
        trail.add(change("7G", "8G"))
        #expect(told(trail) == [])
        trail.add(change("7G", "9G"))
        #expect(told(trail) == ["incomplete 5-5 @5"])
    }

    @Test func aChangeThatStandsTwiceCountsOnce() throws {
        var trail = maker
        let index = trail.add(change("1G", "2G"))
        trail.add(AuditEntry(.auditGap, "lost", details: [(AuditField.range, "2")]))
        let first = trail.entries[index]
        trail.republish(index)
        try trail.head()
        var entries = trail.entries
        // What was taken for lost was not.
        entries.insert(first, at: index)
        #expect(findings(judged(entries, keys: [trail.key])) == [])
    }

    // MARK: Bounds

    @Test func ofTooManyToBeToldApartNothingIsSaid() throws {
        var trail = maker
        for number in 1...4_096 { trail.add(change("1", "2", limit: "limit\(number)")) }
        try trail.head()
        // All others are the same one.
        trail.add(change("1", "2", limit: "one"))
        trail.add(change("5", "6", limit: "other"))
        #expect(told(trail) == [])
        trail.add(change("1", "3", limit: "limit4096"))
        #expect(told(trail) == ["incomplete 4101-4101 @4101"])
    }
}
