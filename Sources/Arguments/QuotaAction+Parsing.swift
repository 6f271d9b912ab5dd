internal import Plan

extension QuotaAction {
    init(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        let action = try parsed.choice(Name.self, 0, "ACTION")
        try Self.refuseOptions(parsed, of: action)
        switch action {
        case .show: self = .show(try parsed.operandOrNone(1).map(Self.target))
        case .set:
            self = .change(
                try Self.changes(parsed, surroundings), try QuotaTerms(parsed))
        case .move:
            self = .change(try Self.moves(parsed, surroundings), try QuotaTerms(parsed))
        case .reset:
            let target = try Self.target(try Self.name(parsed, 1, "PROJECT", action))
            self = .reset(
                target,
                try checking { () throws(InvalidValue) in
                    try parsed.operands.dropFirst(2).map { text throws(InvalidValue) in
                        try LimitName(parsing: text, for: "LIMIT")
                    }
                }, try QuotaTerms(parsed))
            return
        case .history:
            self = .history(
                try checking { () throws(InvalidValue) in
                    try parsed.operands.dropFirst().first.map { text throws(InvalidValue) in
                        try ProjectName(text)
                    }
                }, limit: try parsed.limit())
        }
        if action == .show || action == .history { try parsed.refuseOperands(after: 2) }
    }

    /// Only what changes limits takes limits, and terms.
    private static func refuseOptions(
        _ parsed: ParsedArguments, of action: Name
    ) throws(ArgumentsError) {
        for (name, _) in parsed.options {
            let isLimit = LimitOption(name) != nil
            let applies =
                switch ClientOption(rawValue: name) {
                case .json, .socket: true
                case .limit: action == .history
                case .duration: action == .set || action == .move
                case .plan, .persist, .reason, .within:
                    action == .set || action == .move || action == .reset
                default: isLimit && (action == .set || action == .move)
                }
            if !applies { throw .unexpectedOperand("--\(name)", command: "quota \(action)") }
        }
    }

    /// `set TARGET… --LIMIT VALUE… TARGET… --LIMIT VALUE…`: limits are those of the targets before them.
    /// Where all limits come first, they are those of all targets.
    private static func changes(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> [QuotaChange] {
        _ = try name(parsed, 1, "PROJECT", .set)
        let targets = try parsed.operands.dropFirst().map(target)
        let limits = try limits(parsed, surroundings)
        guard let first = limits.first else { throw missingLimit(.set) }
        let comeFirst = limits.allSatisfy { $0.place <= 1 }
        if first.place <= 1 && !comeFirst {
            throw .contradiction(
                "\(first.option) comes before every project, and other limits after some",
                remedy: "write the limits of a project behind it")
        }
        var changes: [QuotaChange] = []
        var begin = 0
        for (index, limit) in limits.enumerated() {
            // Where this one's place begins, the targets are those since the last place.
            if index > 0, limit.place > limits[index - 1].place {
                begin = limits[index - 1].place - 1
            }
            let group = comeFirst ? targets[...] : targets[begin..<(limit.place - 1)]
            for target in group { changes.append(QuotaChange(target, limit.name, limit.value)) }
        }
        if !comeFirst, let last = limits.last, last.place - 1 < targets.count {
            throw .missingOperand(
                "limit for \(targets[last.place - 1])", command: "quota set", example: setExample)
        }
        try refuseRepetition(changes)
        return changes
    }

    /// `move --LIMIT VALUE… FROM TO`: less there, more here.
    private static func moves(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> [QuotaChange] {
        let from = try target(try name(parsed, 1, "FROM", .move))
        let to = try target(try name(parsed, 2, "TO", .move))
        try parsed.refuseOperands(after: 3)
        let limits = try limits(parsed, surroundings)
        if limits.isEmpty { throw missingLimit(.move) }
        var changes: [QuotaChange] = []
        for limit in limits {
            let digit = limit.value.utf8.first.map { (0x30...0x39).contains($0) } ?? false
            if !digit || !limit.name.hasAmount {
                throw .invalid(
                    InvalidValue(
                        limit.option, limit.value, "is no amount that could be moved",
                        hint: "for example: \(moveExample)"))
            }
            for (target, sign) in [(from, "-"), (to, "+")] {
                changes.append(QuotaChange(target, limit.name, sign + limit.value))
            }
        }
        try refuseRepetition(changes)
        return changes
    }

    private static func refuseRepetition(_ changes: [QuotaChange]) throws(ArgumentsError) {
        var seen: Set<QuotaChange> = []
        for change in changes
        where !seen.insert(QuotaChange(change.target, change.limit, "")).inserted {
            throw .contradiction(
                "\(change.limit) of \(change.target) is given twice", remedy: "keep one of the two")
        }
    }

    // MARK: Words

    private static let setExample = "bulkhead quota set shop/web --memory 1G"
    private static let moveExample = "bulkhead quota move --memory 2G shop api"

    private static func missingLimit(_ action: Name) -> ArgumentsError {
        .missingOperand(
            "limit", command: "quota \(action)",
            example: action == .move ? moveExample : setExample)
    }

    private static func name(
        _ parsed: ParsedArguments, _ index: Int, _ name: String, _ action: Name
    ) throws(ArgumentsError) -> String {
        if parsed.operands.count > index { return parsed.operands[index] }
        let example =
            switch action {
            case .move: moveExample
            case .reset: "bulkhead quota reset shop memory"
            default: setExample
            }
        throw .missingOperand(name, command: "quota \(action)", example: example)
    }

    private static func target(_ text: String) throws(ArgumentsError) -> Target {
        try checking { () throws(InvalidValue) in try Target(parsing: text) }
    }

    private struct GivenLimit {
        let option: String
        let name: LimitName
        let value: String
        /// How many operands stood before it.
        let place: Int
    }

    private static func limits(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> [GivenLimit] {
        try checking { () throws(InvalidValue) in
            var found: [GivenLimit] = []
            for (index, (name, text)) in parsed.options.enumerated() {
                guard let option = LimitOption(name) else { continue }
                let (limit, value) = try option.read(text, base: surroundings.currentDirectory)
                found.append(
                    GivenLimit(
                        option: "--\(name)", name: limit, value: value, place: parsed.places[index])
                )
            }
            return found
        }
    }
}

extension QuotaTerms {
    fileprivate init(_ parsed: ParsedArguments) throws(ArgumentsError) {
        planOnly = parsed.has(.plan)
        persists = parsed.has(.persist)
        reason = parsed.value(.reason)
        try checking { () throws(InvalidValue) in
            duration = try parsed.value(.duration).map { text throws(InvalidValue) in
                try RunArguments.time(text, "--for")
            }
            budget = try parsed.value(.within).map { text throws(InvalidValue) in
                try RunArguments.time(text, "--within")
            }
            if let reason, reason.utf8.count > Self.reasonMax {
                throw InvalidValue("--reason", reason, "is longer than \(Self.reasonMax) bytes")
            }
        }
        if persists && duration != nil {
            throw .contradiction(
                "--persist keeps what --for would restore", remedy: "leave one of the two out")
        }
    }
}
