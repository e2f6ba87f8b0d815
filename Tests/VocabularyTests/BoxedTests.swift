import Testing
import Vocabulary

@Suite struct BoxedTests {
    private struct Holder: Equatable {
        @Boxed var numbers = [1, 2, 3]
        @Boxed var text: String?
    }

    @Test func `a copy keeps its value when the other one changes`() {
        let one = Holder()
        var other = one
        other.numbers.append(4)
        other.text = "more"
        #expect(one.numbers == [1, 2, 3])
        #expect(one.text == nil)
        #expect(other.numbers == [1, 2, 3, 4])
        #expect(other.text == "more")
    }

    @Test func `equality is that of the values`() {
        var one = Holder()
        var other = Holder()
        #expect(one == other)
        one.numbers = [7]
        #expect(one != other)
        other.numbers = [7]
        #expect(one == other)
    }

    @Test func `a shared beginning is not changed by who began with it`() {
        let beginning = Boxed(wrappedValue: [1])
        let (one, other) = (Boxed(sharing: beginning), Boxed(sharing: beginning))
        var changed = one
        changed.wrappedValue.append(2)
        #expect(changed.wrappedValue == [1, 2])
        #expect(one.wrappedValue == [1])
        #expect(other == beginning)
    }

    @Test func `a request that is changed leaves its copies as they are`() throws {
        let first = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("m"), prompt: .text("a"), stop: ["b"])
        var changed = first
        changed.scheduling.weight = 2
        changed.change { fields in
            fields.newTokensMax = 7
            fields.sampling.temperature = 0.5
        }
        #expect((first.scheduling.weight, first.newTokensMax, first.sampling) == (1, nil, SamplingParameters()))
        #expect(changed.scheduling.weight == 2)
        #expect(changed.newTokensMax == 7)
        #expect(changed.sampling.temperature == 0.5)
        #expect((changed.id, changed.model, changed.prompt, changed.stop) == (first.id, first.model, .text("a"), ["b"]))
        #expect(changed != first)
        changed.scheduling = first.scheduling
        changed.sampling = first.sampling
        changed.newTokensMax = nil
        #expect(changed == first)
    }

    @Test func `what a request and an event carry does not make them large`() {
        #expect(MemoryLayout<GenerationEvent>.size <= 32)
        #expect(MemoryLayout<GenerationRequest>.size == MemoryLayout<Int>.size)
    }
}
