public import Storage

/// The steps of the database's history, of all parts. Each part owns a range of ten numbers.
public enum Migrations {
    /// In order.
    public static let all: [Migration] = []
}
