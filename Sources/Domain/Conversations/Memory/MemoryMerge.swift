/// What becomes of something new beside what is remembered already. Pure.
public enum MemoryMerge {
    public enum Decision: Sendable, Equatable {
        /// It is known: nothing new is written down.
        case known(MemoryID)
        /// It is new; these are no longer true.
        case add(closing: [MemoryID])
    }

    /// How something new stands to what was said before.
    public enum Change: String, Sendable, CaseIterable {
        /// One thing more.
        case new
        /// In the place of what was said of the same subject in the same respect.
        case update
        /// It is no longer so.
        case ended
    }

    /// Of these a subject has one at a time, so that a second one ends the first.
    static let single: Set<String> = [
        "is named", "is called", "name is", "name", "has name", "lives in", "lives at", "live in", "resides in",
        "moved to", "works at",
        "works for", "works as", "job is", "job", "profession is", "is aged", "age is", "age", "has age", "birthday is",
        "birthday",
        "was born on", "born on", "is married to", "married to", "speaks natively", "native language is", "timezone is",
        "timezone",
        "email is", "email", "phone number is", "phone", "studies at", "prefers language", "wants answers in",
        "heißt", "wohnt in", "lebt in", "arbeitet bei", "arbeitet als", "ist verheiratet mit", "ist alt",
    ]

    /// Decides.
    ///
    /// - Parameters:
    ///   - new: what is to be remembered.
    ///   - change: how it stands to what was said before.
    ///   - known: what is remembered and true now, of the same user and context.
    /// - Returns: what to do.
    public static func decide(_ new: UserMemory, _ change: Change, among known: [UserMemory]) -> Decision {
        let text = UserMemory.key(new.text)
        if change != .ended, let same = known.first(where: { isSame($0, new, text) }) { return .known(same.id) }
        guard let statement = new.statement else {
            return .add(closing: change == .ended ? known.filter { UserMemory.key($0.text) == text }.map(\.id) : [])
        }
        let rivals = known.filter { isAbout($0, statement) }
        switch change {
        case .ended:
            let object = UserMemory.key(statement.object)
            return .add(closing: rivals.filter { UserMemory.key($0.statement?.object ?? "") == object }.map(\.id))
        case .update: return .add(closing: rivals.map(\.id))
        case .new: return .add(closing: isSingle(statement.predicate) ? rivals.map(\.id) : [])
        }
    }

    /// Whether a subject can have only one such thing at a time.
    public static func isSingle(_ predicate: String) -> Bool {
        let key = UserMemory.key(predicate)
        return single.contains(key) || key.hasPrefix("favorite ") || key.hasPrefix("favourite ")
    }

    private static func isSame(_ memory: UserMemory, _ new: UserMemory, _ text: String) -> Bool {
        if UserMemory.key(memory.text) == text { return true }
        guard let statement = new.statement, isAbout(memory, statement) else { return false }
        return UserMemory.key(memory.statement?.object ?? "") == UserMemory.key(statement.object)
    }

    /// Whether it says something of the same subject in the same respect.
    private static func isAbout(_ memory: UserMemory, _ statement: UserMemory.Statement) -> Bool {
        guard let known = memory.statement else { return false }
        return UserMemory.key(known.subject) == UserMemory.key(statement.subject)
            && UserMemory.key(known.predicate) == UserMemory.key(statement.predicate)
    }
}
