/// Why the store did not do what it was asked.
///
/// Two voices: ``description`` is safe to show to anyone; ``debugDescription`` adds the database's own words and code for
/// the log. Neither ever holds a parameter's value or a password.
public struct StorageError: Error, Sendable, Equatable {
    /// What went wrong, the same on both databases. Callers decide by this.
    public enum Code: Sendable, Equatable {
        /// A row would break a rule of the schema. The transaction can only be rolled back.
        case constraint(Constraint)
        /// Another process holds the lock for longer than the busy timeout.
        case busy
        /// Two transactions collided and this one lost. Running it again may succeed.
        case serialization
        /// The database cannot be reached, or the connection was lost on the way.
        case connection
        /// The SQL text is wrong for this database, or names something that does not exist.
        case syntax
        /// A value has another type than was asked for or than its place takes.
        case typeMismatch
        /// The schema's history and the program's migrations do not fit together, or a migration failed.
        case migration
        /// No connection became free in time, or too many callers wait already.
        case poolExhausted
        /// The database was closed.
        case closed
        /// The disk, or the size that was allowed, is used up.
        case full
        /// The database's files are damaged or are no database.
        case corrupt
        /// A write was tried where only reading is allowed.
        case readOnly
        /// The statement took longer than allowed.
        case timeout
        /// The task was cancelled; an open transaction was rolled back.
        case cancelled
        /// A query had more rows than it was allowed to return.
        case tooManyRows
        /// The store was used against its rules, such as a transaction inside another.
        case misuse
        /// None of these; see `detail`.
        case unexpected
    }

    /// Which rule of the schema was broken.
    public enum Constraint: Sendable, Equatable {
        case unique
        case foreignKey
        case notNull
        case check
        case other
    }

    public let code: Code
    /// What happened, for the log: the database's primary message without the values that it may quote.
    public let message: String
    /// The database's own code: `SQLite 2067` or `SQLSTATE 23505`.
    public let detail: String?

    public init(_ code: Code, _ message: String, detail: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
    }
}

extension StorageError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { code.sentence }

    public var debugDescription: String {
        "StorageError \(code): \(message)" + (detail.map { " [\($0)]" } ?? "")
    }
}

extension StorageError.Code {
    /// What may be told to anyone.
    var sentence: String {
        switch self {
        case .constraint(.unique): "The value is already taken."
        case .constraint: "The change would break a rule of the stored data."
        case .busy, .serialization: "The stored data is being changed by someone else; try again."
        case .connection, .closed: "The store cannot be reached."
        case .syntax, .typeMismatch, .misuse, .readOnly: "The store was asked in a way that it does not understand."
        case .migration: "The stored data does not fit this version of the program."
        case .poolExhausted: "The store is too busy; try again."
        case .full: "The store is full."
        case .corrupt: "The stored data is damaged."
        case .timeout: "The store took too long to answer."
        case .cancelled: "The work was cancelled."
        case .tooManyRows: "The result is too large."
        case .unexpected: "The store failed."
        }
    }

    /// Whether the same transaction may succeed when it is run again.
    public var isTransient: Bool { self == .serialization || self == .busy }
}
