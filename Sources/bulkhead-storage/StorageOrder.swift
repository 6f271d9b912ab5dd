internal import Overlays
internal import Plan
internal import Trees
internal import Volumes

/// What bulkheadd wants done, as it says it in the program's arguments:
///
///     bulkhead-storage VERB VOLUME… [WORD…]
struct StorageOrder {
    enum Verb: String {
        /// Words: none.
        case diff
        /// Words: `force` or nothing, then paths.
        case commit
        /// Words: paths.
        case discard
        /// Words: the name.
        case snapshot
        /// Words: the name, and what the one that is kept is called.
        case restore
        /// Words: the name.
        case forget
        /// Words: none.
        case largest
    }

    let verb: Verb
    let volume: ProjectVolume
    let places: VolumePlaces
    let words: [String]

    /// Project, form, kind, path, project id or nothing, state directory, run directory.
    private static let volumeWords = 7

    init(parsing arguments: [String]) throws(InvalidValue) {
        guard let first = arguments.first, let verb = Verb(rawValue: first) else {
            throw InvalidValue("verb", arguments.first ?? "", "is none of this program")
        }
        let rest = Array(arguments.dropFirst())
        guard rest.count >= Self.volumeWords, let form = StorageForm(rawValue: rest[1]),
            let kind = VolumeKind(rawValue: rest[2])
        else { throw InvalidValue("arguments", first, "are not those of a volume") }
        places = VolumePlaces(state: rest[5], run: rest[6])
        volume = ProjectVolume(
            try ProjectName(rest[0]), form, kind, path: rest[3], projectID: UInt32(rest[4]),
            in: places)
        self.verb = verb
        words = Array(rest.dropFirst(Self.volumeWords))
    }

    func name(_ position: Int) throws(InvalidValue) -> WorkloadName {
        try WorkloadName(words.count > position ? words[position] : "")
    }

    func paths(after position: Int) throws(InvalidValue) -> [TreePath] {
        var paths: [TreePath] = []
        for word in words.dropFirst(position) { paths.append(try TreePath(parsing: word)) }
        return paths
    }
}
