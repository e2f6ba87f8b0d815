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

    @Test func `what a request and an event carry does not make them large`() {
        #expect(MemoryLayout<GenerationEvent>.size <= 32)
        #expect(MemoryLayout<GenerationRequest>.size <= 400)
    }
}
