internal import Arguments
internal import Client
internal import Discovery
internal import JSONTree
internal import Plan
internal import Presentation

extension SupervisorCommand {
    /// `bulkhead discover`.
    func discover(
        _ paths: [String], depth: UInt32, registers: Bool
    ) throws(ClientError) -> Int32 {
        var discovery = Discovery(depthMax: depth)
        var status: Int32 = 0
        for path in paths {
            do throws(DiscoveryError) { try discovery.search(path) } catch {
                report(error)
                status = 1
            }
        }
        for path in discovery.unreadable {
            report("\(quoted(path)) cannot be read: what is below it was not searched", hint: nil)
        }
        if discovery.isCut {
            report(
                "there was more to look at than is looked at in one go",
                hint: "name a directory further down, or a smaller --depth")
        }
        let finds = discovery.finds
        // The supervisor that does not run cannot tell what is registered; the search is still of use.
        let registered: Registered?
        do throws(ClientError) { registered = try Registered(call("List")) } catch {
            if registers { throw error }
            report(error)
            registered = nil
        }
        var candidates = candidates(finds, registered)
        if registers {
            for index in candidates.indices where candidates[index].isRegistered == false {
                if !register(&candidates[index]) { status = 1 }
            }
        }
        let reply: JSON = ["found": .array(candidates.map(\.json))]
        let shown = answer(reply) {
            discoveryList($0, registers: registers, on: standardOutput())
        }
        return status == 0 ? shown : status
    }

    private func candidates(
        _ finds: [Discovery.Find], _ registered: Registered?
    ) -> [Candidate] {
        var taken = registered?.names ?? []
        return finds.map { find in
            if let name = registered?.byPath[find.path] {
                return Candidate(find: find, name: name, isRegistered: true)
            }
            let name = ProjectName.proposed(for: find.path, taken: taken)
            if let name { taken.insert(name) }
            return Candidate(
                find: find, name: name?.text ?? "", isRegistered: registered == nil ? nil : false)
        }
    }

    private func register(_ candidate: inout Candidate) -> Bool {
        do throws(ClientError) {
            _ = try act(
                "Register",
                ["name": .string(candidate.name), "path": .string(candidate.find.path)])
            candidate.isRegistered = true
            candidate.isNew = true
            return true
        } catch {
            report("\(candidate.name): \(error.message)", hint: error.hint)
            return false
        }
    }
}

/// What the supervisor knows already.
private struct Registered {
    var names: Set<ProjectName> = []
    var byPath: [String: String] = [:]

    init(_ reply: JSON) {
        for project in reply["projects"]?.array ?? [] {
            guard let name = project["name"]?.string else { continue }
            if let name = try? ProjectName(name) { names.insert(name) }
            if let path = project["path"]?.string { byPath[path] = name }
        }
    }
}

private struct Candidate {
    let find: Discovery.Find
    let name: String
    /// Nil where the supervisor could not be asked.
    var isRegistered: Bool?
    var isNew = false

    var json: JSON {
        [
            "name": .string(name), "path": .string(find.path),
            "signs": .array(find.signs.map { .string($0) }),
            "registered": isRegistered.map { .bool($0) }, "new": isNew ? true : nil,
        ]
    }
}
