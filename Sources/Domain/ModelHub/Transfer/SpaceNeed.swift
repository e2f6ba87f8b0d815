/// Whether the disk has room for what is still to come. Pure.
struct SpaceNeed: Sendable, Equatable {
    /// Bytes that are still to be written.
    let remaining: Int
    /// Bytes that an ordinary program may still write to the disk.
    let free: Int

    /// What is left over for everybody else: 256 MiB, or a hundredth of the download where that is more.
    var margin: Int { max(256 << 20, remaining / 100) }

    /// - Throws: `noSpace` with both numbers.
    func check() throws(HubError) {
        // An unfinished file that needs nothing more is not refused because the disk is full.
        guard remaining > 0, free - margin < remaining else { return }
        throw HubError(
            .noSpace,
            "The download still needs \(ByteText.shown(remaining)) and a reserve of \(ByteText.shown(margin)), and the "
                + "disk has \(ByteText.shown(free)) free.",
            hint:
                "Free \(ByteText.shown(remaining + margin - free)), or set dataDir to a larger disk. What is here is kept."
        )
    }
}

/// Numbers of bytes for people.
enum ByteText {
    /// `512 B`, `1.5 MiB`, `4.1 GiB`.
    static func shown(_ bytes: Int) -> String {
        guard bytes >= 1024 else { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = ""
        for name in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
            value /= 1024
            unit = name
        }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
