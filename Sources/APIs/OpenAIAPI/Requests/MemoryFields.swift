import JSONText
import Vocabulary

/// Reads which part of the model's memory a request is to have, by llama-server's names.
enum MemoryFields {
    /// The highest number of a slot that is a number at all; which ones there are, the engine knows.
    private static let slotMax = 65_535

    /// - Parameters:
    ///   - root: the request.
    ///   - request: what is read goes there.
    static func read(_ root: JSONField, into request: inout GenerationRequest) throws(JSONFieldError) {
        // -1 is llama-server's word for any.
        if let field = try root.optional("id_slot"), field.value.integer != -1 {
            request.scheduling.slot = try field.integer(in: 0...slotMax)
        }
    }
}
