import Gateway
import Testing
import Vocabulary

@Suite struct AnswerKeyTests {
    private func key(
        _ kind: CachedAnswer.Kind = .answer, _ tenant: String = "t", _ identity: String = "1", _ request: String = "r"
    ) -> AnswerKey {
        AnswerKey(
            kind, tenant: TenantID(tenant), source: AnswerSource(model: "m", identity: identity),
            request: Array(request.utf8))
    }

    @Test func `tenant, version, kind and request each make another key`() {
        let keys = [key(), key(.vectors), key(.answer, "u"), key(.answer, "t", "2"), key(.answer, "t", "1", "s")]
        let model = AnswerKey(
            .answer, tenant: TenantID("t"), source: AnswerSource(model: "n", identity: "1"), request: Array("r".utf8))
        #expect(Set(keys + [model]).count == keys.count + 1)
        #expect(key() == key())
    }

    @Test func `parts cannot run into each other`() {
        #expect(key(.answer, "ab", "c") != key(.answer, "a", "bc"))
        #expect(key(.answer, "a", "1", "23") != key(.answer, "a", "12", "3"))
    }

    @Test func `a key is read from its digits and from nothing else`() {
        let digits = key().description
        #expect(digits.count == 64 && AnswerKey(digits) == key() && AnswerKey(digits.uppercased()) == key())
        for text in [
            "", "x", String(digits.dropLast()), digits + "0", digits.dropLast() + "g", digits.dropLast() + "é",
        ] {
            #expect(AnswerKey(String(text)) == nil)
        }
        #expect(AnswerKey(bytes: key().bytes) == key() && AnswerKey(bytes: [1]) == nil)
    }

    @Test func `everything that shapes a vector is in its shape`() throws {
        let id = try #require(RequestID("r"))
        let plain = EmbeddingRequest(id: id, model: ModelID("m"), inputs: [])
        func shape(_ change: (inout EmbeddingRequest) -> Void, _ input: EmbeddingInput = .text("a")) -> [UInt8] {
            var request = plain
            change(&request)
            return request.shape(of: input)
        }
        let shapes = [
            shape { _ in }, shape { $0.dimensions = 8 }, shape { $0.norm = .power(2) }, shape { $0.norm = .asGiven },
            shape { $0.needsPooling = false }, shape { $0.truncation = Truncation() },
            shape { $0.truncation = Truncation(side: .start) }, shape { $0.truncation = Truncation(tokensMax: 3) },
            shape({ _ in }, .text("b")), shape({ _ in }, .tokens([97])), shape({ _ in }, .mixed([.text("a")])),
            shape({ _ in }, .mixed([.token(97)])), shape({ _ in }, .tokens([])),
        ]
        #expect(Set(shapes).count == shapes.count)
        #expect(shape { $0.scheduling.priority = .high } == shape { $0.model = ModelID("n") })
    }
}
