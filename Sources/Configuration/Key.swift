internal import Plan

/// A key that a mapping may have: how its value is read, inherited and explained.
package struct Key<Target>: Sendable {
    let description: KeyDescription
    /// Whether it may be given with nothing as its value, which then means that it is not given.
    let takesNothing: Bool
    let read: @Sendable (Node, inout Target, inout Reading) -> Void
    /// The value that `near` has when it inherits from `far`.
    let inherit: @Sendable (_ far: Node, _ near: Node) -> Node

    var name: String { description.name }
}

/// A key as it is explained to people.
public struct KeyDescription: Hashable, Sendable {
    public let name: String
    /// What kind of value it has, in a word or two.
    public let kind: String
    /// What holds where it is not given.
    public let standard: String
    public let example: String
    public let meaning: String
    /// False: it is accepted and changes nothing yet.
    public let isUsed: Bool
    /// The section of the reference that explains the keys of its mapping.
    public let section: String?
}

/// What is said about a key at the place where it is declared.
package struct About: Sendable {
    let standard: String
    let example: String
    let meaning: String
    var isUsed = true
    /// Whether files exist that may write `null`: such as were written by a program.
    var isGiven = false

    package init(_ meaning: String, standard: String = "none", example: String) {
        self.meaning = meaning
        self.standard = standard
        self.example = example
    }

    /// A key that is accepted so that existing files load, and changes nothing.
    static func given(_ meaning: String, example: String) -> About {
        var about = About(meaning, example: example)
        about.isUsed = false
        about.isGiven = true
        return about
    }

    /// One that existing files have, and that is used.
    var used: About {
        var about = self
        about.isUsed = true
        return about
    }

    /// One of ours that will be used.
    var later: About {
        var about = self
        about.isUsed = false
        return about
    }

    /// One of ours that existing files may have with nothing in it.
    var empty: About {
        var about = self
        about.isGiven = true
        return about
    }

    func description(_ name: String, _ kind: String, section: String? = nil) -> KeyDescription {
        KeyDescription(
            name: name, kind: kind, standard: standard, example: example, meaning: meaning,
            isUsed: isUsed, section: section)
    }
}

extension Key {
    /// A value that is written as one word or number.
    package static func scalar<Result>(
        _ name: String, _ value: Value<Result>, _ about: About,
        to place: Place<Target, Result>
    ) -> Key {
        Key(
            description: about.description(name, value.kind), takesNothing: about.isGiven,
            read: { node, target, reading in
                if let read = value.read(node, &reading) { target[keyPath: place] = read }
            }, inherit: { _, near in near })
    }

    package static func scalar<Result>(
        _ name: String, _ value: Value<Result>, _ about: About,
        to place: Place<Target, Result?>
    ) -> Key {
        Key(
            description: about.description(name, value.kind), takesNothing: about.isGiven,
            read: { node, target, reading in
                if let read = value.read(node, &reading) { target[keyPath: place] = read }
            }, inherit: { _, near in near })
    }

    /// A list of words or numbers; a list that is nearer replaces the one that would be inherited.
    package static func list<Result>(
        _ name: String, of value: Value<Result>, _ about: About,
        to place: Place<Target, [Located<Result>]>
    ) -> Key {
        Key(
            description: about.description(name, "list of \(value.kind)"), takesNothing: true,
            read: { node, target, reading in
                if let read = value.readList(node, &reading) { target[keyPath: place] = read }
            }, inherit: { _, near in near })
    }

    /// A mapping with keys of its own.
    package static func mapping<Part>(
        _ name: String, _ table: Table<Part>, _ about: About,
        to place: Place<Target, Part>
    ) -> Key {
        Key(
            description: about.description(name, table.kind, section: table.title),
            takesNothing: true,
            read: { node, target, reading in
                table.read(node, into: &target[keyPath: place], &reading)
            }, inherit: { table.inherit($0, $1) })
    }
}

extension Key {
    /// A mapping from which something else is made once it has been read; nil: it was refused.
    package static func made<Part: Sendable, Result>(
        _ name: String, _ table: Table<Part>, _ about: About, of empty: Part,
        to place: Place<Target, Result?>,
        make: @escaping @Sendable (Part, Node, inout Reading) -> Result?
    ) -> Key {
        Key(
            description: about.description(name, table.kind, section: table.title),
            takesNothing: false,
            read: { node, target, reading in
                var part = empty
                table.read(node, into: &part, &reading)
                target[keyPath: place] = make(part, node, &reading)
            }, inherit: { table.inherit($0, $1) })
    }
}

/// Where in what is read a part belongs.
package typealias Place<Whole, Part> = any WritableKeyPath<Whole, Part> & Sendable
