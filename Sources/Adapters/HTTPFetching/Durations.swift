extension Duration {
    /// Rounded up, so that nothing happens too early.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let milliseconds =
            Int(clamping: attoseconds / 1_000_000_000_000_000)
            + (attoseconds % 1_000_000_000_000_000 > 0 ? 1 : 0)
        let most = Int(Int32.max)
        return seconds >= Int64(most / 1000) ? most : max(0, Int(seconds) * 1000 + milliseconds)
    }

    /// Rounded up, at least 1.
    var wholeSeconds: Int { max(1, (wholeMilliseconds + 999) / 1000) }
}
