internal import Plan

/// Does what was asked for.
///
/// - Parameters:
///   - json: whether a record of the run ends it.
///   - planOnly: whether the plan is printed and nothing done.
/// - Returns: the exit status of `bulkhead run`.
func execute(_ request: RunRequest, json: Bool, planOnly: Bool) -> Int32 {
    report(InvalidValue("run", request.command[0], "launches are not in this build yet"))
    return 125
}
