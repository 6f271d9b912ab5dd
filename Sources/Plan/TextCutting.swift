extension String {
    /// The beginning in at most so many bytes of UTF-8, cut between two characters of Unicode.
    public func beginning(bytesMax: Int) -> Substring {
        if utf8.count <= bytesMax { return self[...] }
        var end = utf8.index(startIndex, offsetBy: bytesMax)
        // Not within a character's bytes.
        while end.samePosition(in: unicodeScalars) == nil { utf8.formIndex(before: &end) }
        return self[..<end]
    }
}
