import Vocabulary

extension CachedAnswer {
    /// Everything but the payload, as `init(description:payload:)` reads it.
    public var descriptionBytes: [UInt8] {
        var packed = PackedBytes()
        packed.write(key.bytes)
        for text in [kind.rawValue, tenant.name, model] { packed.write(text) }
        packed.write(tags) { $0.write($1) }
        for number in [Int(writtenAt), Int(expiresAt), promptTokens, completionTokens, Int(computing)] {
            packed.write(number)
        }
        return packed.bytes
    }

    /// - Parameters:
    ///   - description: what `descriptionBytes` gave; `nil` for anything else.
    ///   - payload: beside it.
    public init?(description: [UInt8], payload: [UInt8]) {
        var reader = UnpackedBytes(description[...])
        do {
            guard let key = AnswerKey(bytes: try reader.blob()), let kind = Kind(rawValue: try reader.text()) else {
                return nil
            }
            self.init(
                key: key, kind: kind, tenant: TenantID(try reader.text()), model: try reader.text(),
                tags: try reader.list { reader throws(UnpackedBytes.Damaged) in try reader.text() },
                writtenAt: Int64(try reader.number()), expiresAt: Int64(try reader.number()),
                promptTokens: try reader.number(), completionTokens: try reader.number(),
                computing: Int64(try reader.number()), payload: payload)
        } catch {
            return nil
        }
        guard reader.isAtEnd else { return nil }
    }
}
