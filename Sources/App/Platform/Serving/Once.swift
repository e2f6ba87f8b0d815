import Synchronization

/// Something that happens at most once, whoever comes first.
final class Once: Sendable {
    private let isClaimed = Atomic(false)

    /// `true` for the first caller only.
    func claim() -> Bool { !isClaimed.exchange(true, ordering: .acquiringAndReleasing) }
}
