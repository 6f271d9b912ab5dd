import Configuration
import Plan
import Syscalls
import Testing

/// The whole set of limits: read, agreed with each other, changed.
struct LimitTests {
    @Test func everyLimitIsRead() throws {
        let text = """
            projects:
              p:
                path: /srv/p
                limits:
                  memory: 1G
                  memory_high: 900M
                  memory_low: 64M
                  memory_min: 32M
                  swap: 128M
                  cpu: 0.5
                  cpu_weight: 200
                  cpu_burst: 25ms
                  cpus: 0-1
                  cpu_min: 0.25
                  pids: 300
                  io_weight: 50
                  io: ["/srv:wbps=50M"]
                  hugetlb: {2M: 64M}
                  disk: 5G
                  inodes: 100000
                  open_files: 2048
                  tmp: 64M
                  shm: 32M
                services:
                  s: {command: ls, limits: {cpus: "1", cpu_burst: 1ms, cpu: 0.1, open_files: 64}}
            """
        let policy = try #require(project("p", of: try load(text)))
        let shown = policy.limits.names.map { "\($0)=\(policy.limits[$0]?.text ?? "")" }
        #expect(
            shown == [
                "memory=1G", "memory_high=900M", "memory_low=64M", "memory_min=32M", "swap=128M",
                "cpu=0.5", "cpu_weight=200", "cpu_burst=25ms", "cpus=0-1", "cpu_min=0.25",
                "pids=300", "io_weight=50", "disk=5G", "inodes=100000", "open_files=2048",
                "tmp=64M", "shm=32M", "io:/srv=wbps=50M", "hugetlb:2M=64M",
            ])
        let own = policy.services[0].limits
        #expect(own.names.map(\.text) == ["cpu", "cpu_burst", "cpus", "open_files"])
    }

    @Test(arguments: [
        ("{memory: 0}", "b.yaml:1:47: projects.p.limits.memory: '0': is too little, at least 1M"),
        ("{memory: -1}", "b.yaml:1:47: projects.p.limits.memory: '-1': is negative"),
        (
            "{memory: 9E}",
            "b.yaml:1:47: projects.p.limits.memory: '9E': is 8 EiB or more"
        ),
        (
            "{memory_low: 1G}",
            "b.yaml:1:51: projects.p.limits.memory_low: 1G is above memory, 512M"
        ),
        (
            "{memory_min: 1G}",
            "b.yaml:1:51: projects.p.limits.memory_min: 1G is above memory, 512M"
        ),
        ("{tmp: 1G}", "b.yaml:1:44: projects.p.limits.tmp: 1G is above memory, 512M"),
        (
            "{cpu_burst: 200ms}",
            "b.yaml:1:50: projects.p.limits.cpu_burst: 200ms is above what cpu, 1, gives in 100 ms"
        ),
        (
            "{cpu_burst: 1ms, cpu: max}",
            "b.yaml:1:50: projects.p.limits.cpu_burst: bursts above no limit"
        ),
        (
            "{cpus: 0-7}",
            "b.yaml:1:45: projects.p.limits.cpus: this machine has no processor 7"
        ),
        ("{open_files: 3}", "b.yaml:1:51: projects.p.limits.open_files: '3': is less than 16"),
        (
            "{hugetlb: {3M: 1M}}",
            "b.yaml:1:49: projects.p.limits.hugetlb.3M: '3M': is no size of huge pages"
        ),
        (
            "{class: huge}",
            "b.yaml:1:46: projects.p.limits.class: there is no quota class 'huge'"
        ),
    ])
    func whatCannotBeIsRefusedAtItsPlace(_ limits: String, _ reason: String) throws {
        let lines = refusal("projects: {p: {path: /srv/p, limits: \(limits)}}")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(reason) == true, "\(lines)")
    }

    @Test(arguments: [
        ("{memory: 1G}", "memory: 1G is above the project's 512M"),
        ("{memory_min: 1G}", "memory_min: 1G is above the project's 512M"),
        ("{pids: 300}", "pids: 300 is above the project's 256"),
        ("{cpus: 0-2}", "cpus: 0-2 is above the project's 0-1"),
        ("{cpus: 2}", "cpus: 2 is above the project's 0-1"),
        ("{open_files: 5000}", "open_files: 5000 is above the project's 4096"),
        ("{disk: 1G}", "limits: unknown key 'disk'"),
        ("{memory: 10M, memory_high: 20M}", "memory_high: 20M is above memory, 10M"),
    ])
    func aWorkloadsLimitIsBelowItsProjects(_ limits: String, _ reason: String) throws {
        let all = "{cpus: 0-1, open_files: 4096}"
        let lines = refusal(
            "projects: {p: {path: /srv/p, limits: \(all), services: {s: {command: ls, limits: "
                + "\(limits)}}}}")
        #expect(lines.count == 1)
        #expect(lines.first?.contains("projects.p.services.s.limits") == true, "\(lines)")
        #expect(lines.first?.contains(reason) == true, "\(lines)")
    }

    // MARK: Classes

    private static let classes = """
        classes:
          tiny: {memory: 64M, pids: 16, disk: 1G}
          broad: {cpu: 2, open_files: 4096}
        """

    private func limits(_ limits: String, _ rest: String = "") throws -> Limits {
        let text = Self.classes + "\nprojects: {p: {path: /srv/p, limits: \(limits)\(rest)}}"
        return try #require(project("p", of: try load(text))).limits
    }

    @Test func aClassIsBetweenWhatIsBuiltInAndWhatIsSaid() throws {
        let tiny = try limits("{class: tiny}")
        #expect(tiny.memoryMax == .mebibytes(64))
        #expect(tiny.pidsMax == 16)
        #expect(tiny.disk == .gibibytes(1))
        #expect(tiny.cpuMax == Limits.standard.cpuMax)
        #expect(try limits("{class: tiny, memory: 128M}").memoryMax == .mebibytes(128))
        let text = """
            \(Self.classes)
            templates:
              t: {limits: {class: broad, pids: 7}}
            projects:
              p: {path: /srv/p, template: t, limits: {class: tiny}}
              q: {path: /srv/q, template: t}
            """
        let both = try load(text)
        #expect(project("p", of: both)?.limits.pidsMax == 7)
        #expect(project("p", of: both)?.limits.memoryMax == .mebibytes(64))
        #expect(project("q", of: both)?.limits.openFiles == 4_096)
    }

    @Test func aWorkloadsClassSaysNothingThatIsTheProjectsAlone() throws {
        let text =
            Self.classes
            + "\nprojects: {p: {path: /srv/p, services: {s: {command: ls, limits: {class: tiny}}}}}"
        let service = try #require(project("p", of: try load(text))?.services.first)
        #expect(service.limits == Limits(memoryMax: .mebibytes(64), pidsMax: 16))
    }

    @Test func anInstalledClassIsReplacedByOneOfTheSameName() throws {
        let own = ("b.yaml", "classes: {small: {pids: 9}}\n" + Self.small)
        let installed = (SourceFile.installedName, "classes: {small: {pids: 3, memory: 9M}}")
        for texts in [[own, installed], [installed, own]] {
            let limits = try #require(Self.only(try load(texts)))
            #expect(limits.pidsMax == 9)
            #expect(limits.memoryMax == Limits.standard.memoryMax)
        }
        #expect(
            refusal([own, ("c.yaml", "classes: {small: {pids: 4}}")]) == [
                "c.yaml:1:11: classes.small: is given in b.yaml:1:11 already; give it another name"
            ])
    }

    private static let small = "projects: {p: {path: /srv/p, limits: {class: small}}}"
    private static func only(_ configuration: Configuration) -> Limits? {
        configuration.projects.first?.limits
    }

    @Test func aSlipInTheNameOfAClassIsAnsweredWithTheName() {
        let lines = refusal(
            Self.classes + "\nprojects: {p: {path: /srv/p, limits: {class: tinny}}}")
        #expect(
            lines == [
                "b.yaml:4:46: projects.p.limits.class: there is no quota class 'tinny'; did you mean "
                    + "'tiny'?"
            ])
    }

    @Test func aClassIsCheckedWhereItIsWritten() {
        #expect(
            refusal("classes: {bad: {memory: lots, nonsense: 1}}").map { String($0.prefix(40)) }
                == [
                    "b.yaml:1:25: classes.bad.memory: 'lots':",
                    "b.yaml:1:31: classes.bad: unknown key 'n",
                ])
    }

    @Test func theInstalledClassesAreSixAndAllOfThemHold() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try readFile("/\(root)/cgroups/classes.yaml")
        for name in ["small", "medium", "large", "agent-small", "agent-medium", "agent-large"] {
            let project = "projects: {p: {path: /srv/p, limits: {class: \(name)}}}"
            let limits = try #require(
                Self.only(try load([("b.yaml", project), (SourceFile.installedName, text)])))
            #expect(limits.memoryMax != nil)
            #expect(limits.memoryHigh ?? Bytes(0) > Bytes(0))
            #expect(limits.openFiles != nil || limits.cpuBurst != nil)
        }
    }

    // MARK: Changes

    @Test func aChangeOfAnyLimitIsToldByItsName() throws {
        func changes(_ from: String, _ to: String) throws -> [String] {
            func text(_ limits: String) -> String {
                "projects: {p: {path: /srv/p, limits: \(limits)}}"
            }
            return Configuration.changes(from: try load(text(from)), to: try load(text(to)))
                .flatMap(\.items).map { "\($0.need): \($0.text)" }
        }
        #expect(
            try changes("{cpus: 0, cpu_burst: 1ms}", "{cpus: 0-1, disk: 1G}") == [
                "live: limits.cpu_burst 1ms → none", "live: limits.cpus 0 → 0-1",
                "live: limits.disk max → 1G",
            ])
        #expect(
            try changes("{tmp: 1M}", "{tmp: 2M}") == ["live: limits.tmp 1M → 2M"])
        #expect(
            try changes("{}", "{tmp: 2M}") == [
                "live: limits.tmp none → 2M", "sandbox: limits.tmp of its own no → yes",
            ])
        #expect(
            try changes("{hugetlb: {2M: 2M}}", "{hugetlb: {2M: 4M}}") == [
                "live: limits.hugetlb.2M 2M → 4M"
            ])
    }
}
