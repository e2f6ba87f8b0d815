import CSodium

/// libsodium, made ready once for the process: it chooses the fastest code for this processor, and opens the system's source
/// of chance.
enum Sodium {
    private static let status = sodium_init()

    /// Called before anything of the library; costs a comparison from the second time on.
    static func prepare() {
        // It fails only where the system has no source of chance; nothing can be kept secret there.
        precondition(status >= 0, "libsodium could not be made ready: the system has no source of random bytes")
    }
}
