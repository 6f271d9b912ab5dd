/// Divides processor time as the kernel's fair scheduler does: among those who want it by their weights,
/// up to what each wants and its limit allows; what one leaves goes to the others at once.
///
/// - Parameters:
///   - wants: within the limits.
///   - weights: above 0.
///   - result: of as many; is overwritten.
/// - Returns: how much was given in all.
@discardableResult
func divideCPU(
    _ capacity: Double, wants: [Double], weights: [Double], into result: inout [Double]
) -> Double {
    var wanted = 0.0
    for want in wants { wanted += want }
    if wanted <= capacity {
        for index in wants.indices { result[index] = wants[index] }
        return wanted
    }
    // Filled in rounds: whoever has all it wants at the level of a round leaves, and the level rises.
    // Levels never fall, so nobody comes back; in most cases there are fewer than ten rounds.
    var open = [Int](wants.indices)
    var left = capacity
    while true {
        var weight = 0.0
        for index in open { weight += weights[index] }
        let level = left / weight
        var next: [Int] = []
        next.reserveCapacity(open.count)
        var given = 0.0
        for index in open {
            if wants[index] <= level * weights[index] {
                result[index] = wants[index]
                given += wants[index]
            } else {
                next.append(index)
            }
        }
        if next.count == open.count || next.isEmpty {
            for index in next { result[index] = level * weights[index] }
            return capacity
        }
        left = max(0, left - given)
        open = next
    }
}
