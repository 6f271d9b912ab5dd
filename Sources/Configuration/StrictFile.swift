/// Reads a file of a program of ours that is no configuration, as strictly as one is read: one document of
/// YAML, only keys that the table has, each once, and every value within its bounds.
///
/// - Parameter check: what no single value shows; is asked only where all of them are good.
/// - Throws: everything that is wrong.
package func read<Target>(
    _ source: SourceFile, by table: Table<Target>, into target: inout Target,
    check: (Target, inout Reading) -> Void
) throws(ConfigurationError) {
    let (root, problems) = YAMLReader.tree(of: source)
    var reading = Reading()
    for problem in problems { reading.add(problem) }
    if let root, !root.isNothing {
        table.read(root, into: &target, &reading)
    } else if problems.isEmpty {
        reading.add(Problem(Position(file: source.name), "is empty"))
    }
    if reading.problems.isEmpty { check(target, &reading) }
    if !reading.problems.isEmpty { throw reading.problems.error() }
}
