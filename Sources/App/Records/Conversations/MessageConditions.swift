import Conversations
import Storage

/// What a search asks of messages beside words, as SQL about `messages` and `conversations`.
struct MessageConditions {
    private(set) var parameters: [SQLValue] = []
    private(set) var all: [String] = []

    /// - Parameter parameters: that stand before, as the statement has them.
    init(behind parameters: [SQLValue] = []) { self.parameters = parameters }

    /// Gives a value a place.
    ///
    /// - Returns: the place, as `$3`.
    mutating func bind(_ value: SQLValue) -> String {
        parameters.append(value)
        return "$\(parameters.count)"
    }

    mutating func add(_ condition: String) { all.append(condition) }

    /// Everything in a query but its words. Temporary conversations are never found.
    mutating func add(_ query: MessageQuery) {
        add("conversations.is_temporary = 0")
        if let since = query.since { add("messages.created >= \(bind(.integer(since.rawValue)))") }
        if let until = query.until { add("messages.created < \(bind(.integer(until.rawValue)))") }
        if let model = query.model { add("messages.model = \(bind(.text(ConversationRow.plain(model))))") }
        if let role = query.role { add("messages.role = \(bind(.text(ConversationRow.plain(role))))") }
        if let has = query.hasAttachments { add("messages.has_attachments = \(bind(.bool(has)))") }
        if let tag = query.tag {
            let place = bind(.text(ConversationRow.plain(tag)))
            add("messages.conversation IN (SELECT conversation FROM conversation_tags WHERE tag = \(place))")
        }
        if let space = query.space { add(space) }
    }

    mutating func add(_ space: SpaceFilter, column: String = "conversations.context") {
        switch space {
        case .outside: add("\(column) IS NULL")
        case .one(let id): add("\(column) = \(bind(.text(id.text)))")
        }
    }

    var text: String { all.joined(separator: " AND ") }
}
