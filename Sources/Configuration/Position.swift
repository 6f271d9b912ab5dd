internal import Plan

/// A place in a configuration file. Lines and columns count from 1, columns in characters.
public struct Position: Hashable, Sendable, CustomStringConvertible {
    /// The file's name as it was given, or the name of an environment variable.
    public let file: String
    /// 0: the whole file is meant.
    public let line: Int
    public let column: Int

    public init(file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `bulkhead.yaml:3:5`.
    public var description: String {
        line == 0 ? printable(file) : "\(printable(file)):\(line):\(column)"
    }
}

/// A value and where it was written.
package struct Located<Value> {
    package let value: Value
    package let position: Position
}

extension Located: Sendable where Value: Sendable {}
