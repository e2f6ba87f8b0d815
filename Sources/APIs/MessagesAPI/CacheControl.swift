import JSONText
import OpenAIAPI
import Vocabulary

/// Anthropic's marks for prompt caching, `cache_control`. The prefix cache keeps every prompt anyway, so that marks are not
/// needed; they are checked, and they say how the prompt's tokens are told in `usage`.
///
/// Our own `scope` asks for `shared`, which everybody sees; only administrators may.
struct CacheControl: Sendable, Equatable {
    /// Whether there is a mark at all.
    private(set) var isMarked = false
    private(set) var scope: CacheOptions.Scope?

    /// - Parameter root: the request.
    /// - Throws: the path of a mark that is none.
    init(_ root: JSONField) throws(JSONFieldError) {
        try look(root)
        for name in ["system", "tools"] { try look(in: try root.optional(name)) }
        guard let messages = try root.optional("messages"), messages.value.array != nil else { return }
        for message in try messages.elements(countMax: RequestBounds.messagesMax) where message.value.object != nil {
            guard let content = try message.optional("content") else { continue }
            try look(in: content)
        }
    }

    private mutating func look(in list: JSONField?) throws(JSONFieldError) {
        guard let list, list.value.array != nil else { return }
        for element in try list.elements(countMax: RequestBounds.messagesMax) where element.value.object != nil {
            try look(element)
        }
    }

    private mutating func look(_ holder: JSONField) throws(JSONFieldError) {
        guard let mark = try holder.optional("cache_control") else { return }
        let type = try mark.required("type")
        guard type.value == "ephemeral" else { throw type.fail("must be \"ephemeral\"") }
        if let time = try mark.optional("ttl"), !["5m", "1h"].contains(time.value) {
            throw time.fail("must be \"5m\" or \"1h\"")
        }
        isMarked = true
        guard let field = try mark.optional("scope"), case .string("shared") = field.value else { return }
        scope = .shared
    }

    /// Applies what the caller may ask for.
    func apply(to cache: inout CacheOptions) {
        guard let scope, (Principal.current ?? .open).role == .admin else { return }
        cache.scope = scope
    }
}
