@testable import Doctor
import Testing

@Suite struct TableTests {
    private let findings = [
        Finding(.ok, "kernel", "6.1"),
        Finding(.degraded, "disk quota", "none", "mount it"),
        Finding(.missing, "cgroups", "a\u{1B}[2J\nb", "boot"),
    ]

    @Test func columnsAreAlignedAndWhatCameFromTheHostIsHarmless() {
        #expect(
            findings.table(coloured: false) == #"""
                ok        kernel      6.1
                degraded  disk quota  none — mount it
                missing   cgroups     a\u{1b}[2J\u{a}b — boot

                'bulkhead run' would be refused: 1 missing, 1 degraded.

                """#)
    }

    @Test func coloursStandAroundTheStatusOnly() {
        #expect(
            findings.table(coloured: true).hasPrefix(
                "\u{1B}[32mok\u{1B}[0m        kernel      6.1\n"))
    }

    @Test func theLastLineSaysWhatItComesTo() {
        let good = [findings[0]]
        #expect(
            good.table(coloured: false)
                .hasSuffix("\n'bulkhead run' works here, with everything in force.\n"))
        let fair = Array(findings.prefix(2))
        #expect(fair.table(coloured: false).hasSuffix("\n'bulkhead run' works here; 1 degraded.\n"))
        #expect(!good.refusesRun && !fair.refusesRun && findings.refusesRun)
        let lifted = [
            Finding(.missing, "controllers", "x", liftedByAllowUnlimited: true)
        ]
        #expect(
            lifted.table(coloured: false)
                .hasSuffix("\nWith --allow-unlimited it runs, and says what is not limited.\n"))
    }

    @Test func theRecordsAreJSON() {
        #expect(
            findings.json == #"""
                [
                  {"status": "ok", "subject": "kernel", "found": "6.1"},
                  {"status": "degraded", "subject": "disk quota", "found": "none", "advice": "mount it"},
                  {"status": "missing", "subject": "cgroups", "found": "a\u001b[2J\nb", "advice": "boot"}
                ]

                """#)
    }
}
