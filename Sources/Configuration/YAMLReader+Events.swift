internal import CYAML
internal import Plan

extension YAMLReader {
    /// One event of libyaml, copied.
    struct Event {
        enum Kind {
            case streamStarted, streamEnded, documentStarted, documentEnded
            case alias
            case scalar(Node.Scalar)
            case sequenceStarted, sequenceEnded, mappingStarted, mappingEnded
        }

        let kind: Kind
        let position: Position
        var hasAnchor = false
    }

    mutating func next() throws(Problem) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxProblem() }
        defer { yaml_event_delete(&event) }
        let position = position(event.start_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: return Event(kind: .streamStarted, position: position)
        case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStarted, position: position)
        case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnded, position: position)
        case YAML_ALIAS_EVENT: return Event(kind: .alias, position: position)
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            var isPlain = data.style == YAML_PLAIN_SCALAR_STYLE
            if let tag = name(data.tag) {
                checkTag(tag, scalarTags, position)
                isPlain = tag != "tag:yaml.org,2002:str" && tag != "!"
            }
            let text = String(
                decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            return Event(
                kind: .scalar(Node.Scalar(text: text, isPlain: isPlain)), position: position,
                hasAnchor: data.anchor != nil)
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            if let tag = name(data.tag) { checkTag(tag, ["tag:yaml.org,2002:seq"], position) }
            return Event(
                kind: .sequenceStarted, position: position, hasAnchor: data.anchor != nil)
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            if let tag = name(data.tag) { checkTag(tag, ["tag:yaml.org,2002:map"], position) }
            return Event(
                kind: .mappingStarted, position: position, hasAnchor: data.anchor != nil)
        case YAML_SEQUENCE_END_EVENT: return Event(kind: .sequenceEnded, position: position)
        case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnded, position: position)
        default: return Event(kind: .streamEnded, position: position)
        }
    }

    private func name(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private mutating func checkTag(_ tag: String, _ known: [String], _ position: Position) {
        if known.contains(tag) { return }
        note(
            Problem(
                position, "tag \(quoted(tag)) is not taken",
                hint: "leave it out; quote a text that begins with '!'"))
    }

    /// Why libyaml goes no further, in its own words, which hold nothing of the file.
    private func syntaxProblem() -> Problem {
        let failed = parser.pointee
        let reason = failed.problem.map { String(cString: $0) } ?? "no reason is known"
        if failed.error == YAML_READER_ERROR {
            let place = Self.position(of: failed.problem_offset, in: bytes, file: file)
            return Problem(place, "is not YAML: \(reason)")
        }
        if failed.error == YAML_MEMORY_ERROR {
            return Problem(Position(file: file), "there is no memory to read it")
        }
        let place = position(failed.problem_mark)
        let offset = Int(failed.problem_mark.index)
        var hint: String?
        if isTab(at: offset) {
            hint = "indent with blanks, not with tabs"
        }
        guard let context = failed.context.map({ String(cString: $0) }) else {
            return Problem(place, "is not YAML: \(reason)", hint: hint)
        }
        let line = failed.context_mark.line + 1
        return Problem(place, "is not YAML: \(reason) \(context) of line \(line)", hint: hint)
    }

    /// - Parameter offset: in characters.
    private func isTab(at offset: Int) -> Bool {
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        return scalars.dropFirst(offset).first == "\t"
    }

    private func position(_ mark: yaml_mark_t) -> Position {
        Position(file: file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    /// - Parameter offset: in bytes.
    static func position(of offset: Int, in bytes: [UInt8], file: String) -> Position {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {  // Not inside a character.
                column += 1
            }
        }
        return Position(file: file, line: line, column: column)
    }
}

/// Of YAML 1.2's core schema, and `!`, which says that it is no more than text.
private let scalarTags = [
    "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null",
]
