import JSONText
import Vocabulary

/// Reads `nexus.cache`: a word (`auto`, `use`, `refresh`, `off`), or an object that says more.
enum AnswerWishFields {
    /// A day.
    private static let secondsMax = 86_400.0

    /// - Parameter field: the member.
    /// - Returns: what it asks for.
    /// - Throws: the path of what is wrong.
    static func read(_ field: JSONField) throws(JSONFieldError) -> AnswerWish {
        if case .string = field.value { return AnswerWish(try field.word()) }
        try field.refuseUnknown(["mode", "similar", "tags", "ttl_s"])
        var wish = AnswerWish()
        if let mode = try field.optional("mode") { wish.use = try mode.word() }
        if let similar = try field.optional("similar") { wish.takesSimilar = try similar.bool() }
        if let tags = try field.optional("tags") {
            for item in try tags.elements(countMax: AnswerWish.tagsMax) {
                let tag = try item.keptText(bytesIn: 1...AnswerWish.tagBytesMax)
                guard !tag.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                    throw item.fail("must not have control characters")
                }
                wish.tags.append(tag)
            }
        }
        if let time = try field.optional("ttl_s") {
            wish.timeToLive = .milliseconds(Int64(try time.number(in: 1...secondsMax) * 1_000))
        }
        return wish
    }
}
