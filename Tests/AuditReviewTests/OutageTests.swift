import Audit
import AuditReview
import Plan
import Testing

/// The longest outages of a report that begins at midnight.
@Suite struct OutageTests {
    private let trail: Trail

    init() throws { trail = try Trail() }

    private func event(
        _ kind: AuditKind, _ seconds: Int64, _ message: String = "m", project: String = "shop",
        workload: String? = nil, details: [(name: String, value: String)] = []
    ) throws -> AuditEvent {
        try #require(
            trail.event(
                try trail.entry(
                    kind, message, project: project, workload: workload, seconds: seconds, details))
        )
    }

    /// The rows of the table, of a report up to so many seconds after midnight; it is noon.
    private func rows(
        until: Int64 = 43_200, project: String? = nil, _ events: [AuditEvent]
    ) throws -> [String] {
        var report = AuditReport(
            since: Trail.midnight, until: Trail.midnight + until * 1_000_000,
            project: try project.map { try ProjectName($0) })
        for event in events { report.add(event) }
        let lines = report.text(on: pipe) { _ in 0 }.split(separator: "\n")
        guard let start = lines.firstIndex(of: "## Longest outages") else { return [] }
        return lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }.dropFirst(2).map(String.init)
    }

    @Test func oneIsFromTheFirstWordOfItToReadyWhateverOrderTheyCameIn() throws {
        let down = try event(.projectUnready, 60, "web is not ready")
        let failed = try event(.projectFailed, 90, "given up")
        let up = try event(.projectReady, 360)
        let lost = try event(.projectLost, 400, "its init died", project: "api")
        #expect(
            try rows([up, lost, failed, down]) == [
                "| api | 2026-11-22 00:06:40 | it goes on | 11h 53m | project.lost "
                    + "| its init died | no |",
                "| shop | 2026-11-22 00:01:00 | 2026-11-22 00:06:00 | 5m | project.unready "
                    + "| web is not ready | no |",
            ])
    }

    @Test func oneThatBeganBeforeIsCutAndSaysSo() throws {
        let events = [
            try event(.projectReady, -9_000), try event(.projectUnready, -3_600),
            try event(.projectFailed, -9_000, project: "api"),
            try event(.projectReady, 60, project: "api"),
            // Over before it began.
            try event(.projectLost, -500, project: "old"),
            try event(.projectReady, -10, project: "old"),
        ]
        #expect(
            try rows(events) == [
                "| shop | before 2026-11-22 00:00:00 | it goes on | 12h | project.unready | m | no |",
                "| api | before 2026-11-22 00:00:00 | 2026-11-22 00:01:00 | 1m | project.failed "
                    + "| m | no |",
            ])
        #expect(try rows(project: "api", events).count == 1)
    }

    @Test func ofOneThatTheWindowCutsTheEndIsNotKnown() throws {
        #expect(
            try rows(until: 600, [try event(.projectLost, 300), try event(.projectReady, 900)]) == [
                "| shop | 2026-11-22 00:05:00 | after 2026-11-22 00:10:00 | 5m | project.lost | m "
                    + "| no |"
            ])
    }

    @Test func whateverIsNotReadyIsOne() throws {
        for kind in AuditKind.allCases where kind.rawValue.hasPrefix("project.") {
            let isState = ![
                .projectReady, .projectArchived, .projectRemoved, .projectQueued,
                .projectPreemption, .projectPreempted,
            ].contains(kind)
            let found = try rows([try event(kind, 60), try event(.projectReady, 120)])
            #expect(found.count == (isState ? 1 : 0), "\(kind)")
        }
        // As a start is: all at once.
        #expect(
            try rows([
                try event(.projectStarting, 60), try event(.projectActive, 60),
                try event(.projectReady, 60),
            ]).isEmpty)
    }

    @Test func aRestartThatDoesNotBecomeReadyIsOne() throws {
        #expect(
            try rows([
                try event(.controlRestart, 60, details: alice + accepted),
                try event(.projectStopping, 60), try event(.projectStarting, 61),
                try event(.projectActive, 62),
            ]) == [
                "| shop | 2026-11-22 00:01:00 | it goes on | 11h 59m | project.stopping | m "
                    + "| control.restart by alice |"
            ])
    }

    @Test func aProjectThatIsGoneHasNone() throws {
        #expect(
            try rows([
                try event(.projectUnready, 60), try event(.projectStopping, 90),
                try event(.projectRemoved, 120),
            ]).map { $0.contains("| 2026-11-22 00:02:00 | 1m |") } == [true])
        // As it was recorded before there was a record of its end.
        #expect(
            try rows([
                try event(.projectUnready, 60), try event(.controlRemove, 90, details: accepted),
                try event(.projectStopping, 91),
            ]).map { $0.contains("| 2026-11-22 00:01:30 | 30s |") } == [true])
        // It is there again.
        #expect(
            try rows([
                try event(.controlRemove, 90, details: accepted), try event(.projectStopping, 91),
                try event(.projectStarting, 120),
            ]).count == 1)
        #expect(
            try rows([
                try event(.projectUnready, 60), try event(.controlRemove, 90, details: refused),
            ]).map { $0.contains("it goes on") } == [true])
    }

    @Test func whatSomebodyAskedForIsToldFromWhatNobodyDid() throws {
        let asked = alice + accepted
        // It fails, then it is stopped; an hour later it is started and is not ready for 2 minutes.
        let found = try rows([
            try event(.projectReady, 1), try event(.projectFailed, 60),
            try event(.controlStop, 90, details: asked), try event(.projectStopped, 90),
            try event(.controlStart, 3_690, details: asked), try event(.projectStarting, 3_690),
            try event(.projectActive, 3_691), try event(.projectReady, 3_810),
        ])
        #expect(
            found == [
                "| shop | 2026-11-22 00:01:30 | 2026-11-22 01:01:30 | 1h | project.stopped | m "
                    + "| control.stop by alice |",
                "| shop | 2026-11-22 01:01:30 | 2026-11-22 01:03:30 | 2m | project.starting | m "
                    + "| no |",
                "| shop | 2026-11-22 00:01:00 | 2026-11-22 00:01:30 | 30s | project.failed | m "
                    + "| no |",
            ])
        // What is refused changes nothing.
        #expect(
            try rows([
                try event(.controlPause, 60, details: bob + refused), try event(.projectLost, 60),
            ]).map { $0.hasSuffix("| no |") } == [true])
    }

    @Test func oneThatSomebodyAskedForEndsWhenItIsReadyOrIsNoMoreWhatTheyAskedFor() throws {
        let asked = alice + accepted
        let pause = [
            try event(.projectReady, 1), try event(.controlPause, 60, details: asked),
            try event(.projectPaused, 60), try event(.controlResume, 120, details: asked),
            try event(.projectActive, 120),
        ]
        #expect(
            try rows(pause + [try event(.projectReady, 121)]) == [
                "| shop | 2026-11-22 00:01:00 | 2026-11-22 00:02:01 | 1m 1s | project.paused | m "
                    + "| control.pause by alice |"
            ])
        // It comes back and fails.
        #expect(
            try rows(pause + [try event(.projectFailed, 150), try event(.projectReady, 160)]) == [
                "| shop | 2026-11-22 00:01:00 | 2026-11-22 00:02:30 | 1m 30s | project.paused | m "
                    + "| control.pause by alice |",
                "| shop | 2026-11-22 00:02:30 | 2026-11-22 00:02:40 | 10s | project.failed | m "
                    + "| no |",
            ])
    }

    @Test func aServiceThatIsStoppedAnswersForWhatFollowsAtOnce() throws {
        let stop = try event(.controlStop, 60, workload: "web", details: alice + accepted)
        #expect(
            try rows([stop, try event(.projectUnready, 60)]).map {
                $0.hasSuffix("| control.stop by alice |")
            } == [true])
        #expect(
            try rows([stop, try event(.projectUnready, 600)]).map { $0.hasSuffix("| no |") }
                == [true])
    }

    @Test func ofManyTheLongestAreShownAndTheOthersCounted() throws {
        var events: [AuditEvent] = []
        for number in 1...200 {
            let at = Int64(number) * 100
            events.append(try event(.projectUnready, at))
            events.append(try event(.projectReady, at + (number % 50 == 7 ? 50 : 3)))
        }
        let found = try rows(events)
        #expect(found.count { $0.contains("| 50s |") } == 4)
        #expect(found.last == "… and 180 more.")
        // What is told in batches is told as if it were at once.
        #expect(try rows(events.reversed()) == found)
    }
}
