internal import Plan

extension JSON {
    /// Its text in at most `bytesMax` bytes: where it is longer, long texts are cut and lists end early, each
    /// with a mark, so that what there is of it stays JSON and shows every member.
    public func text(bytesMax: Int) -> String {
        let whole = encoded().count
        if whole <= bytesMax, let text = safeText(bytesMax: bytesMax) { return text }
        var textMax = bytesMax / 2
        var elementsMax = 64
        while textMax >= 8 {
            let short = shortened(texts: textMax, elements: elementsMax)
            if let text = short.safeText(bytesMax: bytesMax) { return text }
            textMax /= 2
            elementsMax = max(4, elementsMax / 2)
        }
        return JSON.string("… (\(whole) bytes)").text
    }

    private func shortened(texts: Int, elements: Int) -> JSON {
        switch self {
        case .null, .bool, .integer, .real: return self
        case .string(let text): return .string(Self.cut(text, to: texts))
        case .array(let all):
            let kept = all.prefix(elements).map { $0.shortened(texts: texts, elements: elements) }
            if kept.count == all.count { return .array(kept) }
            return .array(kept + [.string("… and \(all.count - kept.count) more")])
        case .object(let members):
            var kept = members.prefix(elements).map {
                Member(
                    Self.cut($0.name, to: texts),
                    $0.value.shortened(texts: texts, elements: elements))
            }
            if kept.count < members.count {
                kept.append(Member("…", .string("and \(members.count - kept.count) more")))
            }
            return .object(kept)
        }
    }

    private static func cut(_ text: String, to bytesMax: Int) -> String {
        if text.utf8.count <= bytesMax { return text }
        return text.beginning(bytesMax: bytesMax) + "… (\(text.utf8.count) bytes)"
    }

    /// Its text, with all escaped that could mislead a terminal or a reader; nil where that is longer.
    private func safeText(bytesMax: Int) -> String? {
        let bytes = encoded()
        if bytes.count > bytesMax { return nil }
        var result = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar.isASCII || printable(String(scalar)) == String(scalar) {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result.utf8.count > bytesMax ? nil : result
    }
}
