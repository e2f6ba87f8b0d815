/// Arithmetic with numbers that a file's header claims: the largest number stands for anything larger, so that a false claim is
/// refused for its size, and never ends the process.
extension UInt64 {
    func saturatingLess(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }

    func addedOrMax(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    func multipliedOrMax(by other: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
