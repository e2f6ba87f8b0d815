import JSONText
import Vocabulary

/// Reads which part of the model's memory a request is to have, by llama-server's names.
enum MemoryFields {
    /// The highest number of a slot that is a number at all; which ones there are, the engine knows.
    private static let slotMax = 65_535
    private static let tokensMax = Int(Int32.max)

    /// - Parameters:
    ///   - root: the request.
    ///   - request: what is read goes there.
    /// - Throws: the path of what is wrong.
    static func read(_ root: JSONField, into request: inout GenerationRequest.Fields) throws(JSONFieldError) {
        if let field = try root.optional("n_keep") {
            request.shift.kept = field.value.integer == -1 ? .prompt : .tokens(try field.integer(in: 0...tokensMax))
        }
        if let field = try root.optional("n_discard") {
            let count = try field.integer(in: 0...tokensMax)
            request.shift.discarded = count == 0 ? nil : count
        }
        // -1 is llama-server's word for any.
        if let field = try root.optional("id_slot"), field.value.integer != -1 {
            request.scheduling.slot = try field.integer(in: 0...slotMax)
        }
    }

    /// Adds the same to a request for another server, as far as it asks for anything.
    static func write(_ request: GenerationRequest, to body: inout JSONObject) {
        if let slot = request.scheduling.slot { body["id_slot"] = .whole(slot) }
        switch request.shift.kept {
        case .prompt: body["n_keep"] = -1
        case .tokens(let count): body["n_keep"] = .whole(min(count, tokensMax))
        case nil: break
        }
        if let count = request.shift.discarded { body["n_discard"] = .whole(min(count, tokensMax)) }
    }
}
