internal import JSONTree

extension Interface {
    /// The first place at which `value` is not of this type: `limits.memory`, `services[2]`; empty for
    /// the value itself; nil where there is none. A member that the type does not know is one.
    ///
    /// Neither depth nor time grow beyond those of the value, whose depth is bounded.
    func fault(of value: JSON, as type: InterfaceType) -> String? {
        switch type {
        case .any: return nil
        case .bool: return value.bool == nil ? "" : nil
        case .int: return value.integer == nil ? "" : nil
        case .float: return value.number == nil ? "" : nil
        case .string:
            if case .string = value { return nil }
            return ""
        case .object:
            if case .object = value { return nil }
            return ""
        case .named(let index): return fault(of: value, as: types[index])
        case .optional(let inner): return value.isNull ? nil : fault(of: value, as: inner)
        case .enumeration(let words):
            guard case .string(let word) = value else { return "" }
            return words.contains(word) ? nil : ""
        case .array(let element):
            guard case .array(let elements) = value else { return "" }
            for (index, inner) in elements.enumerated() {
                if let place = fault(of: inner, as: element) { return "[\(index)]" + join(place) }
            }
            return nil
        case .map(let element):
            guard case .object(let members) = value else { return "" }
            for member in members {
                if let place = fault(of: member.value, as: element) {
                    return member.name + join(place)
                }
            }
            return nil
        case .structure(let fields):
            guard case .object(let members) = value else { return "" }
            return fault(of: members, as: fields)
        }
    }

    private func fault(of members: [JSON.Member], as fields: [InterfaceField]) -> String? {
        var present = 0
        for (index, member) in members.enumerated() {
            // Who writes members in the order of the definition is understood soonest.
            let guess = index < fields.count && fields[index].name == member.name
            guard
                let field = guess ? fields[index] : fields.first(where: { $0.name == member.name })
            else { return member.name }
            if let place = fault(of: member.value, as: field.type) {
                return field.name + join(place)
            }
            present += 1
        }
        if present == fields.count { return nil }
        for field in fields {
            if case .optional = field.type { continue }
            if !members.contains(where: { $0.name == field.name }) { return field.name }
        }
        return nil
    }

    private func join(_ place: String) -> String {
        place.isEmpty || place.utf8.first == UInt8(ascii: "[") ? place : "." + place
    }
}
