import Configuration
import Plan
import Testing

private let shop = """
    projects:
      shop:
        path: /srv/shop
        limits: { memory: 256M, io: ["/srv:rbps=1M"] }
        services: { web: { command: [./web], limits: { memory: 64M } } }
        tasks: { test: make test }
    """

private func loadShop(_ layer: String?) throws(ConfigurationError) -> Configuration {
    var files = [SourceFile(name: "bulkhead.yaml", bytes: Array(shop.utf8))]
    if let layer {
        files.append(SourceFile(name: "quotas.d/shop.yaml", bytes: Array(layer.utf8)))
    }
    return try Configuration.load(files: files, environment: [], machine: machine)
}

struct QuotaLayerTests {
    @Test func itsLimitsGoBeforeTheProjectsOwn() throws {
        let found = try loadShop(
            "limits: { memory: 1G }\nservices: { web: { limits: { memory: 512M, pids: 7 } } }")
        #expect(found.projects[0].limits.memoryMax == .gibibytes(1))
        #expect(found.projects[0].services[0].limits.memoryMax == .mebibytes(512))
        #expect(found.projects[0].services[0].limits.pidsMax == 7)
        #expect(found.projects[0].services[0].command == ["./web"])
    }

    @Test func whatIsWrittenIsReadBackAsTheSameLimits() throws {
        let (web, test) = (try WorkloadName("web"), try WorkloadName("test"))
        var all = Limits(memoryMax: .gibibytes(1), cpuMax: CPUBandwidth(millicores: 1_500))
        all.pidsMax = nil
        all.io = [IOLimit(path: "/srv/a b", writeBytesPerSecond: .mebibytes(5))]
        var layer = QuotaLayer()
        for name in [LimitName.memory, .cpu, .pids, .io(path: "/srv/a b")] {
            layer.set(name, of: nil, isTask: false, to: all, isReset: false)
        }
        layer.set(
            .memory, of: web, isTask: false, to: Limits(memoryMax: .mebibytes(9)), isReset: false)
        layer.set(.pids, of: test, isTask: true, to: Limits(pidsMax: 12), isReset: false)
        let found = try loadShop(layer.text(of: ProjectName("shop")))
        let policy = found.projects[0]
        #expect(policy.limits.memoryMax == .gibibytes(1))
        #expect(policy.limits.cpuMax == CPUBandwidth(millicores: 1_500))
        #expect(policy.limits.pidsMax == nil)
        #expect(policy.limits.io == all.io)
        #expect(policy.services[0].limits.memoryMax == .mebibytes(9))
        #expect(policy.tasks[0].limits.pidsMax == 12)
        #expect(found.quotaLayers == [policy.name: layer])
    }

    @Test func whatIsTakenOutLeavesNothing() throws {
        var layer = QuotaLayer()
        let web = try WorkloadName("web")
        let all = Limits(memoryMax: .mebibytes(9))
        layer.set(.memory, of: web, isTask: false, to: all, isReset: false)
        layer.set(.memory, of: nil, isTask: false, to: all, isReset: false)
        #expect(!layer.isEmpty)
        layer.set(.memory, of: web, isTask: false, to: all, isReset: true)
        layer.set(.memory, of: nil, isTask: false, to: all, isReset: true)
        #expect(layer.isEmpty)
        #expect(layer == QuotaLayer())
    }

    @Test func nothingButLimitsBelongsThere() {
        let error = #expect(throws: ConfigurationError.self) {
            try loadShop("services: { web: { command: ./other } }")
        }
        #expect(
            error?.lines.first?.contains("'command' does not belong into quotas.d") ?? false)
        #expect(throws: ConfigurationError.self) { try loadShop("path: /srv/other") }
    }

    @Test func limitsOfWhatIsGoneAreToldAndKeepNothingFromBeingLoaded() throws {
        let found = try loadShop("services: { gone: { limits: { memory: 1M } } }")
        #expect(found.projects[0].services.count == 1)
        #expect(found.unused.map(\.path) == ["projects.shop.services.gone"])
    }
}
