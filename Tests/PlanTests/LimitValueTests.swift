import Testing

@testable import Plan

@Suite struct LimitValueTests {
    static let examples: [(LimitName, String)] = [
        (.memory, "1536M"), (.memory, "1.4G"), (.memory, "2.05G"), (.memory, "1503236097"),
        (.memoryHigh, "1G"), (.memoryLow, "2M"), (.memoryMin, "1048577"),
        (.swap, "0"), (.cpu, "1.5"), (.cpuMin, "0.01"), (.cpuWeight, "200"), (.ioWeight, "1"),
        (.cpuBurst, "20ms"), (.cpuBurst, "1500us"), (.cpuBurst, "0"), (.cpus, "0-3,7"),
        (.pids, "300"), (.disk, "5G"), (.inodes, "100000"), (.openFiles, "1024"), (.tmp, "64M"),
        (.shm, "64K"), (.logRate, "300"), (.io(path: "/srv"), "rbps=1M,wiops=7"),
        (.hugePages(LimitNameTests.pages), "4M"), (.memory, "max"), (.io(path: "/srv"), "max"),
    ]

    @Test(arguments: examples)
    func aValueReadsBackAsItIsWritten(_ name: LimitName, _ text: String) throws {
        let value = try LimitValue(parsing: text, of: name, for: "")
        #expect(value.text == text)
        #expect(LimitValue(kept: text, of: name) == value)
        var limits = Limits()
        limits[name] = value
        #expect(limits[name] == (value == .unlimited ? nil : value))
        #expect(limits.names == (value == .unlimited ? [] : [name]))
        limits[name] = nil
        #expect(limits == Limits())
    }

    @Test(arguments: [
        (LimitName.memory, "0", "is too little, at least 1M"),
        (.memory, "-1", "is negative"), (.memory, "8E", "is 8 EiB or more"),
        (.memory, "99999999999999999999", "has more than 19 digits"),
        (.memoryMin, "max", "is no value of memory_min"), (.cpu, "0", "is less than 0.01"),
        (.cpuWeight, "0", "is less than 1"), (.cpuWeight, "10001", "is more than 10000"),
        (.pids, "1", "is less than 2"), (.pids, "1.5", "is not a whole number"),
        (.cpuBurst, "20", "has no unit"), (.cpuBurst, "1h", "unit 'h' is unknown"),
        (.cpuBurst, "0.5us", "is finer than a microsecond"),
        (.cpuBurst, "900s", "is more than 819200ms"), (.openFiles, "15", "is less than 16"),
        (.openFiles, "max", "is no value of open_files"),
        (.tmp, "0", "is too little, at least 64K"),
        (.inodes, "0", "is less than 1"), (.disk, "1K", "is too little, at least 1M"),
        (.io(path: "/"), "", "names no limit"),
        (.io(path: "/"), "rbps=0", "'rbps=0' is less than 1"),
    ])
    func whatIsNoValueIsRefused(_ name: LimitName, _ text: String, _ reason: String) {
        let error = #expect(throws: InvalidValue.self) {
            try LimitValue(parsing: text, of: name, for: "--x")
        }
        #expect(error?.reason == reason)
        #expect(error?.hint != nil)
    }

    @Test(arguments: [
        (LimitName.memory, "+512M", "1536M"), (.memory, "-512M", "512M"), (.memory, "2G", "2G"),
        (.cpu, "+0.5", "1.5"), (.pids, "-56", "200"), (.logRate, "+1", "257"),
    ])
    func aDifferenceIsOfWhatIsThere(_ name: LimitName, _ text: String, _ result: String) throws {
        let now = ["memory": "1G", "cpu": "1", "pids": "256", "log_rate": "256"][name.text]!
        let order = try LimitOrder(parsing: text, of: name, for: "")
        let value = try order.applied(
            to: LimitValue(parsing: now, of: name, for: ""), of: name, for: "")
        #expect(value?.text == result)
    }

    @Test func theDefaultIsNoValue() throws {
        #expect(try LimitOrder(parsing: "default", of: .memory, for: "") == .standard)
        #expect(try LimitOrder.standard.applied(to: nil, of: .memory, for: "") == nil)
    }

    @Test func aDifferenceThatLeadsNowhereIsRefused() throws {
        let gibibyte = LimitValue.bytes(.gibibytes(1))
        func refusal(_ text: String, _ now: LimitValue?) throws -> InvalidValue? {
            let order = try LimitOrder(parsing: text, of: .memory, for: "--memory")
            return #expect(throws: InvalidValue.self) {
                try order.applied(to: now, of: .memory, for: "--memory")
            }
        }
        #expect(
            try refusal("-2G", gibibyte)?.message
                == "--memory '-2G': leads out of what there is from 1G")
        #expect(
            try refusal("-1G", gibibyte)?.message
                == "--memory '-1G': makes 0 of 1G, which is too little, at least 1M")
        #expect(
            try refusal("+1G", nil)?.message
                == "--memory '+1G': memory has no limit now that could be changed by a difference")
        let error = #expect(throws: InvalidValue.self) {
            try LimitOrder(parsing: "+0-3", of: .cpus, for: "--cpus")
        }
        #expect(error?.reason == "cpus is not changed by a difference")
    }

    @Test(arguments: [
        (LimitName.memory, "1G", "2G", true), (.memory, "2G", "1G", false),
        (.memory, "1G", "max", true), (.memory, "max", "1G", false),
        (.cpus, "0-1", "0-3", true), (.cpus, "0-3", "0-1", false), (.cpus, "0-1", "2-3", false),
        (.io(path: "/"), "rbps=1M", "rbps=2M", true), (.io(path: "/"), "rbps=1M", "wbps=2M", false),
    ])
    func whatAllowsMoreGrows(_ name: LimitName, _ old: String, _ new: String, _ grows: Bool) throws
    {
        let old = try LimitValue(parsing: old, of: name, for: "")
        let new = try LimitValue(parsing: new, of: name, for: "")
        #expect(name.grows(from: old, to: new) == grows)
        #expect(!name.grows(from: old, to: old))
    }

    @Test func whatIsSetReplacesWhatWasThere() {
        let own = Limits(memoryMax: .gibibytes(1), pidsMax: 9)
        let other = Limits(memoryMax: .gibibytes(2), cpuWeight: 7)
        #expect(
            own.replaced(by: other)
                == Limits(memoryMax: .gibibytes(2), cpuWeight: 7, pidsMax: 9))
    }
}
