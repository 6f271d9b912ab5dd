/// A decimal number as somebody wrote it: `12` or `1.5`, neither sign nor exponent.
struct Numeral {
    let whole: UInt64
    /// The digits after the point, read as a whole number: 5 in `1.5`, and in `1.05`.
    let fraction: UInt64
    /// How many digits stood after the point; 0 where there was none.
    let fractionDigits: Int

    /// 10^19 - 1 is the longest run of digits that fits into 64 bits whatever the digits are.
    static let wholeDigitsMax = 19
    /// A billionth is finer than anything we measure.
    static let fractionDigitsMax = 9

    /// Takes the number at the beginning of `bytes` and leaves what follows it.
    init(taking bytes: inout ArraySlice<UInt8>) throws(Refusal) {
        if bytes.first == UInt8(ascii: "-") { throw Refusal("is negative") }
        guard let (whole, wholeDigits) = Self.digits(&bytes, atMost: Self.wholeDigitsMax) else {
            throw Refusal("has more than \(Self.wholeDigitsMax) digits")
        }
        if wholeDigits == 0 { throw Refusal("does not begin with a digit") }
        self.whole = whole
        guard bytes.first == UInt8(ascii: ".") else {
            fraction = 0
            fractionDigits = 0
            return
        }
        bytes.removeFirst()
        guard let (fraction, digits) = Self.digits(&bytes, atMost: Self.fractionDigitsMax) else {
            throw Refusal("has more than \(Self.fractionDigitsMax) digits after the point")
        }
        if digits == 0 { throw Refusal("has no digit after the point") }
        self.fraction = fraction
        fractionDigits = digits
    }

    /// This number of `unit`s: the whole part of it, and whether something was cut off.
    func times(_ unit: UInt64) -> (count: UInt128, exact: Bool) {
        var divisor: UInt128 = 1
        for _ in 0..<fractionDigits { divisor *= 10 }
        let part = (UInt128(fraction) * UInt128(unit)).quotientAndRemainder(dividingBy: divisor)
        return (UInt128(whole) * UInt128(unit) + part.quotient, part.remainder == 0)
    }

    /// The digits at the beginning of `bytes`; nil where there are more than `max`.
    private static func digits(
        _ bytes: inout ArraySlice<UInt8>, atMost max: Int
    ) -> (value: UInt64, count: Int)? {
        var value: UInt64 = 0
        var count = 0
        while let byte = bytes.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            if count == max { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
            count += 1
            bytes.removeFirst()
        }
        return (value, count)
    }
}

/// A whole number in `range`, and nothing after it.
///
/// - Parameter text: decimal digits only.
public func wholeNumber(
    parsing text: String, in range: ClosedRange<UInt64>, for subject: String
) throws(InvalidValue) -> UInt64 {
    let hint = "write a whole number from \(range.lowerBound) to \(range.upperBound)"
    return try parsing(text, for: subject, hint: hint) { () throws(Refusal) in
        try wholeNumber(text, in: range)
    }
}

func wholeNumber(
    _ text: some StringProtocol, in range: ClosedRange<UInt64>
) throws(Refusal) -> UInt64 {
    var bytes = try token(text)
    let numeral = try Numeral(taking: &bytes)
    if numeral.fractionDigits > 0 { throw Refusal("is not a whole number") }
    if !bytes.isEmpty { throw Refusal("is not a whole number") }
    if numeral.whole < range.lowerBound { throw Refusal("is less than \(range.lowerBound)") }
    if numeral.whole > range.upperBound { throw Refusal("is more than \(range.upperBound)") }
    return numeral.whole
}
