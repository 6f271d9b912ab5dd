extension Array {
    /// The first place whose element is not before what is looked for: the count where all are. All that are
    /// before it have to stand first.
    @inlinable
    public func lowerBound(_ isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
