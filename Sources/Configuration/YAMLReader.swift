internal import CYAML
internal import Plan

/// Makes a tree of a YAML text by the events of libyaml: <https://pyyaml.org/wiki/LibYAML>.
///
/// Only what a configuration needs is taken: one document, no aliases (they let a line stand for a
/// billion), no keys that are given twice, no tags of anybody's own.
struct YAMLReader {
    /// Deeper than any configuration of ours; bounds the recursion.
    static let depthMax = 32
    /// A project of an ordinary kind has about 50.
    static let nodesMax = 10_000

    let file: String
    let bytes: [UInt8]
    let parser: UnsafeMutablePointer<yaml_parser_t>
    private var problems: [Problem] = []
    private var nodes = 0

    /// The tree of a file and what is wrong with it; nil where there is none, because the file is
    /// empty or cannot be read to its end.
    static func tree(of source: SourceFile) -> (root: Node?, problems: [Problem]) {
        if let problem = refusal(of: source) { return (nil, [problem]) }
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            return (nil, [Problem(Position(file: source.name), "there is no memory to read it")])
        }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        return source.bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var reader = YAMLReader(file: source.name, bytes: source.bytes, parser: parser)
            do throws(Problem) {
                return (try reader.document(), reader.problems)
            } catch {
                return (nil, reader.problems + [error])
            }
        }
    }

    private init(file: String, bytes: [UInt8], parser: UnsafeMutablePointer<yaml_parser_t>) {
        self.file = file
        self.bytes = bytes
        self.parser = parser
    }

    private static func refusal(of source: SourceFile) -> Problem? {
        let whole = Position(file: source.name)
        if source.bytes.count > SourceFile.bytesMax {
            return Problem(whole, "is larger than \(Bytes(UInt64(SourceFile.bytesMax)))")
        }
        if String(validating: source.bytes, as: UTF8.self) == nil {
            // Decoding puts U+FFFD where it fails, which may stand in the text too: the first place
            // where both differ is the one.
            let repaired = Array(String(decoding: source.bytes, as: UTF8.self).utf8)
            var offset = 0
            while offset < source.bytes.count, source.bytes[offset] == repaired[offset] {
                offset += 1
            }
            return Problem(
                position(of: offset, in: source.bytes, file: source.name), "is not UTF-8",
                hint: "convert the file, for example: iconv -f latin1 -t utf-8")
        }
        return nil
    }

    // MARK: The document

    private mutating func document() throws(Problem) -> Node? {
        _ = try next()  // The stream begins.
        let first = try next()
        if case .streamEnded = first.kind { return nil }
        let root = try node(try next(), depth: 1)
        _ = try next()  // The document ends.
        let after = try next()
        guard case .streamEnded = after.kind else {
            throw Problem(
                after.position, "a second document begins here",
                hint: "put everything into one, without lines of ---")
        }
        return root
    }

    private mutating func node(_ event: Event, depth: Int) throws(Problem) -> Node {
        nodes += 1
        if nodes > Self.nodesMax {
            throw Problem(
                event.position, "has more than \(Self.nodesMax) values",
                hint: "divide the projects among files in projects.d")
        }
        if depth > Self.depthMax {
            throw Problem(event.position, "is nested deeper than \(Self.depthMax) levels")
        }
        if event.hasAnchor {
            problems.append(
                Problem(
                    event.position, "anchors (&) are not taken",
                    hint: "use templates for what several projects have in common"))
        }
        switch event.kind {
        case .alias:
            throw Problem(
                event.position, "aliases (*) are not taken",
                hint: "use templates for what several projects have in common; quote a text that "
                    + "begins with '*'")
        case .scalar(let scalar):
            return Node(.scalar(scalar), at: event.position)
        case .sequenceStarted:
            var items: [Node] = []
            while true {
                let item = try next()
                if case .sequenceEnded = item.kind { break }
                items.append(try node(item, depth: depth + 1))
            }
            return Node(.sequence(items), at: event.position)
        case .mappingStarted: return try mapping(at: event.position, depth: depth)
        case .streamStarted, .streamEnded, .documentStarted, .documentEnded, .sequenceEnded,
            .mappingEnded:
            throw Problem(event.position, "has no value here")
        }
    }

    private mutating func mapping(at position: Position, depth: Int) throws(Problem) -> Node {
        var entries: [Node.Entry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try next()
            if case .mappingEnded = event.kind { break }
            let key = try node(event, depth: depth + 1)
            let value = try node(try next(), depth: depth + 1)
            guard case .scalar(let name) = key.content else {
                problems.append(
                    Problem(key.position, "\(key.kind) cannot be a key", hint: "write a name"))
                continue
            }
            if let line = lines[name.text] {
                problems.append(
                    Problem(
                        key.position, "key \(quoted(name.text)) was given in line \(line) already",
                        hint: "keep one of the two"))
                continue
            }
            lines[name.text] = key.position.line
            entries.append(
                Node.Entry(key: name.text, keyPosition: key.position, value: value))
        }
        return Node(.mapping(entries), at: position)
    }

    mutating func note(_ problem: Problem) { problems.append(problem) }
}
