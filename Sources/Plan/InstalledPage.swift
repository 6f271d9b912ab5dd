/// Where a page of the documentation is on a machine: what scripts/install puts there.
///
/// - Parameter name: as `storage`.
public func installedPage(_ name: String) -> String { "/usr/share/doc/bulkhead/\(name).md" }
