/// `names` with everything behind what it comes after, as far as that is possible: what is part of a
/// circle comes last. Among equals the order of `names` stays.
///
/// - Parameter before: what a name comes after; names that are not in `names` do not count.
func ordered<Name: Hashable>(_ names: [Name], before: (Name) -> [Name]) -> [Name] {
    var missing: [Name: Int] = [:]
    var successors: [Name: [Name]] = [:]
    for name in names { missing[name] = 0 }
    for name in names {
        // A name that is listed twice counts twice, here and below.
        for earlier in before(name) where missing[earlier] != nil {
            missing[name, default: 0] += 1
            successors[earlier, default: []].append(name)
        }
    }
    var result = names.filter { missing[$0] == 0 }
    var next = 0
    while next < result.count {
        for successor in successors[result[next]] ?? [] {
            missing[successor, default: 0] -= 1
            if missing[successor] == 0 { result.append(successor) }
        }
        next += 1
    }
    if result.count < names.count { result += names.filter { missing[$0, default: 0] > 0 } }
    return result
}
