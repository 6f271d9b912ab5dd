internal import Plan

/// What is read of one entry of `mounts`.
struct MountDraft {
    enum Access: String, CaseIterable {
        case readOnly = "read-only"
        case writable = "read-write"
    }

    var path: String?
    var at: String?
    var access = Access.readOnly
    var tmpfs: String?
    var size: Bytes?

    /// The grant, or nil where something is missing, which is then noted.
    func grant(_ node: Node, _ reading: inout Reading) -> Grant? {
        let grant: Grant
        if let tmpfs {
            if at != nil || node["access"] != nil {
                reading.refuse(
                    node.position, "a tmpfs has neither 'at' nor 'access'",
                    hint: "write {tmpfs: /scratch, size: 64M}")
                return nil
            }
            grant = .tmpfs(at: tmpfs, size: size)
        } else if let path {
            if size != nil {
                reading.refuse(node.position, "only a tmpfs has a size")
                return nil
            }
            switch access {
            case .readOnly: grant = .readOnly(path: path, at: at ?? path)
            case .writable: grant = .writable(path: path, at: at ?? path)
            }
        } else {
            // Where one of them is there and is wrong, that has been said.
            if node["path"] == nil, node["tmpfs"] == nil {
                reading.refuse(
                    node.position, "has neither path nor tmpfs",
                    hint: "write {path: /srv/assets} or {tmpfs: /scratch, size: 64M}")
            }
            return nil
        }
        if grant.at == "/" {
            reading.refuse(
                node.position, "would cover the sandbox's root",
                hint: "use root: for another root file system")
            return nil
        }
        return grant
    }
}

enum MountTable {
    static let mount = Table<MountDraft>(
        "mount", shorthand: "path", alternatives: ["path", "tmpfs"],
        [
            .scalar(
                "path", .hostPath,
                About("A file or directory of this machine.", example: "/srv/assets"), to: \.path),
            .scalar(
                "at", .sandboxPath,
                About("Where the sandbox has it.", standard: "at `path`", example: "/assets"),
                to: \.at),
            .scalar(
                "access", .access,
                About(
                    "Whether it may be changed: `read-write`, or `rw`.", standard: "read-only",
                    example: "read-write"), to: \.access),
            .scalar(
                "tmpfs", .sandboxPath,
                About("Where the sandbox has an empty file system in memory.", example: "/scratch"),
                to: \.tmpfs),
            .scalar(
                "size", .size(atLeast: .kibibytes(4)),
                About(
                    "Of the tmpfs; counted against `limits.memory`.",
                    standard: "half of limits.memory", example: "64M"), to: \.size),
        ])
}

extension Value where Result == MountDraft.Access {
    fileprivate static var access: Value {
        Value("read-only or read-write") { (text) throws(InvalidValue) in
            switch text {
            case "read-only", "ro": return .readOnly
            case "read-write", "rw": return .writable
            default: throw notAmong(["read-only", "read-write", "ro", "rw"], text)
            }
        }
    }
}

extension Key where Target == ProjectDraft {
    /// A list that is nearer replaces the one that would be inherited.
    static func mounts(
        _ about: About, to place: Place<ProjectDraft, [Located<Grant>]>
    ) -> Key {
        Key(
            description: about.description(
                "mounts", "list of mappings", section: MountTable.mount.title),
            takesNothing: true,
            read: { node, target, reading in
                guard case .sequence(let items) = node.content else {
                    reading.refuse(node.position, "expected a list of mounts, found \(node.kind)")
                    return
                }
                if items.count > mountsMax {
                    reading.refuse(items[mountsMax].position, "is one more than \(mountsMax)")
                    return
                }
                var grants: [Located<Grant>] = []
                for (index, item) in items.enumerated() {
                    reading.within("\(index)") { reading in
                        let item = MountTable.mount.expanded(item)
                        var draft = MountDraft()
                        MountTable.mount.read(item, into: &draft, &reading)
                        guard let grant = draft.grant(item, &reading) else { return }
                        let at = Array(grant.at.utf8)
                        if grants.contains(where: { $0.value.at.utf8.elementsEqual(at) }) {
                            reading.refuse(
                                item.position, "is the second thing at \(quoted(grant.at))",
                                hint: "give it another place with 'at'")
                            return
                        }
                        grants.append(Located(value: grant, position: item.position))
                    }
                }
                target[keyPath: place] = grants
            }, inherit: { _, near in near })
    }

    /// Files by name; a nearer one replaces an inherited one of the same name.
    static func secrets(
        _ about: About, to place: Place<ProjectDraft, [Secret]>
    ) -> Key {
        Key(
            description: about.description("secrets", "mapping of name to path"),
            takesNothing: true,
            read: { node, target, reading in
                guard let entries = named(node, most: secretsMax, &reading) else { return }
                var secrets: [Secret] = []
                for entry in entries {
                    reading.within(entry.key) { reading in
                        guard let name = workloadName(entry, &reading),
                            let path = Value<String>.hostPath.read(entry.value, &reading)
                        else { return }
                        secrets.append(Secret(name: name, path: path))
                    }
                }
                target[keyPath: place] = secrets
            }, inherit: { inheritNames($0, $1) { _, near in near } })
    }
}

/// Each is a mount that a launch prepares.
private let mountsMax = 256
/// Each is a file on a tmpfs of the sandbox.
private let secretsMax = 256
