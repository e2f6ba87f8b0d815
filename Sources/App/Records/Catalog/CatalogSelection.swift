import ModelCatalog
import Storage

/// The SQL of a `CatalogQuery`. Values are parameters always; names of columns come from here only.
struct CatalogSelection {
    let parameters: [SQLValue]
    /// For `LIMIT` and `OFFSET`, after `parameters`.
    let range: [SQLValue]
    let count: String
    let page: String

    init(_ query: CatalogQuery) {
        var parameters: [SQLValue] = []
        var conditions: [String] = []
        func value(_ value: SQLValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        if let text = query.text {
            let place = value(.text("%\(Self.escaped(text.lowercased()))%"))
            let columns = ["base", "tag", "COALESCE(title, '')", "COALESCE(architecture, '')"]
            let matches = columns.map { "LOWER(\($0)) LIKE \(place) ESCAPE '\\'" }
            conditions.append("(\(matches.joined(separator: " OR ")))")
        }
        if let state = query.state {
            // Both ways to fail go by one word.
            let place = value(.text(state))
            conditions.append("(state = \(place) OR state LIKE \(place) || ':%')")
        }
        if let format = query.format { conditions.append("format = \(value(.text(format)))") }
        if let origin = query.origin { conditions.append("origin = \(value(.text(origin)))") }
        // Looked up once by the index, not asked again for each model.
        if let tag = query.tag {
            conditions.append(
                "(base, tag) IN (SELECT t.base, t.tag FROM model_tags t WHERE t.label = \(value(.text(tag))))")
        }
        if let path = query.path {
            conditions.append(
                "(base, tag) IN (SELECT f.base, f.tag FROM model_files f WHERE f.path = \(value(.text(path))))")
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        count = "SELECT COUNT(*) AS total FROM models\(filter)"
        page = """
            SELECT \(Self.columns) FROM models
            LEFT JOIN model_usage ON model_usage.model = \(Self.fullName)\(filter)
            ORDER BY \(Self.order(query)), base, tag LIMIT $\(parameters.count + 1) OFFSET $\(parameters.count + 2)
            """
        self.parameters = parameters
        range = [.int(query.limit), .int(query.offset)]
    }

    /// As `ModelName.description` writes it.
    private static let fullName = "CASE WHEN tag = 'latest' THEN base ELSE base || ':' || tag END"

    /// All but the texts.
    private static let columns = """
        base, tag, state, failure, origin, origin_place, origin_detail, format, architecture, title, parameter_count,
        byte_count, rating, added_at, changed_at, document
        """

    private static func order(_ query: CatalogQuery) -> String {
        let column =
            switch query.order {
            case .name: "base"
            case .size: "byte_count"
            case .added: "added_at"
            case .parameters: "COALESCE(parameter_count, 0)"
            case .rating: "COALESCE(rating, 0)"
            case .used: "COALESCE(last_used_at, 0)"
            }
        return column + (query.isDescending ? " DESC" : "")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }
}
