/// `argument` as a shell would have to be told it.
public func shellQuoted(_ argument: String) -> String {
    let plain = argument.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
            && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "-_./=:,+@%".unicodeScalars.contains(scalar))
    }
    if plain && !argument.isEmpty { return argument }
    return "'"
        + argument.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
}
