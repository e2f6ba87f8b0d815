extension FixedWidthInteger {
    /// Division that rounds down, towards minus infinity. The divisor must not be zero, nor the quotient out of range.
    @inlinable
    public func floorDivided(by divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}
