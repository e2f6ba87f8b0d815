import Hosting

extension Deployment {
    /// Whether it is in memory and takes one more request now.
    nonisolated var isAtHand: Bool {
        let standing = around.desk.standing(of: id)
        return gate.isOpen && entrance.hasRoom && (standing == .ready || standing == nil)
    }
}
