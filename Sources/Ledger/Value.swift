internal import CSQLite

/// A value on its way into a statement.
enum Value {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
    case null

    /// A number of 64 bits without a sign keeps them all; so does reading it back.
    static func bits(_ number: UInt64) -> Value { .integer(Int64(bitPattern: number)) }
    static func optional(_ number: Int64?) -> Value { number.map { .integer($0) } ?? .null }
    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
    static func flag(_ flag: Bool) -> Value { .integer(flag ? 1 : 0) }

    /// Copies the value into the statement; SQLite's result code.
    func bind(to statement: OpaquePointer, at index: CInt) -> CInt {
        // SQLITE_TRANSIENT of sqlite3.h, which Swift does not import: "make a copy".
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch self {
        case .integer(let number): return sqlite3_bind_int64(statement, index, number)
        case .null: return sqlite3_bind_null(statement, index)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    // Without a pointer it would be NULL and not the empty text.
                    guard let base = characters.baseAddress else {
                        return sqlite3_bind_text(statement, index, "", 0, copied)
                    }
                    return sqlite3_bind_text64(
                        statement, index, base, UInt64(characters.count), copied, UInt8(SQLITE_UTF8)
                    )
                }
            }
        case .blob(let bytes):
            if bytes.isEmpty { return sqlite3_bind_zeroblob(statement, index, 0) }
            return sqlite3_bind_blob64(statement, index, bytes, UInt64(bytes.count), copied)
        }
    }
}

/// The row that a statement stands on.
struct Row {
    fileprivate let statement: OpaquePointer
    /// For the error of who finds in it what cannot be.
    let path: String

    init(statement: OpaquePointer, path: String) {
        self.statement = statement
        self.path = path
    }

    func isNull(_ column: CInt) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
    func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(statement, column) }
    func optionalInteger(_ column: CInt) -> Int64? { isNull(column) ? nil : integer(column) }
    func bits(_ column: CInt) -> UInt64 { UInt64(bitPattern: integer(column)) }
    func flag(_ column: CInt) -> Bool { integer(column) != 0 }

    func text(_ column: CInt) -> String {
        guard let start = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(
            decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func blob(_ column: CInt) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, column) else { return [] }
        let count = Int(sqlite3_column_bytes(statement, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A number of the row that has to fit into a smaller type.
    func number<Number: FixedWidthInteger>(
        _ column: CInt, _ subject: StaticString
    ) throws(LedgerError) -> Number {
        let value = integer(column)
        guard let number = Number(exactly: value) else {
            throw .corrupt(path: path, detail: "\(subject) is \(value)")
        }
        return number
    }

    /// A value of the row that is made from text.
    func value<Made>(
        _ column: CInt, _ subject: StaticString, _ make: (String) -> Made?
    ) throws(LedgerError) -> Made {
        let text = text(column)
        guard let value = make(text) else {
            throw .corrupt(path: path, detail: "\(subject) is \(text)")
        }
        return value
    }
}
