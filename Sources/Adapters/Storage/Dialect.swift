/// Which database answers.
public enum Dialect: String, Sendable, CaseIterable {
    case sqlite
    case postgres
}

/// SQL for a migration: one text for both databases, or, where it cannot be avoided, one for each.
public enum DialectSQL: Sendable, Equatable, ExpressibleByStringLiteral {
    case shared(String)
    case each(sqlite: String, postgres: String)

    public init(stringLiteral value: String) { self = .shared(value) }

    public func text(for dialect: Dialect) -> String {
        switch (self, dialect) {
        case (.shared(let text), _): text
        case (.each(let sqlite, _), .sqlite): sqlite
        case (.each(_, let postgres), .postgres): postgres
        }
    }
}
