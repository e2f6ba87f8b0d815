import Gateway
import Testing

@Suite struct QuestionMarksTests {
    private func conflict(_ first: String, _ second: String) -> QuestionMarks.Conflict? {
        let (left, right) = (QuestionMarks(first), QuestionMarks(second))
        #expect(left.conflict(with: right) == right.conflict(with: left), "\(first) | \(second)")
        return left.conflict(with: right)
    }

    @Test(arguments: [
        ("What is 12 times 13?", "What is 12 times 14?"), ("Give me two ideas.", "Give me three ideas."),
        ("Who came first?", "Who came second?"), ("in 1989", "in 1998"), ("a half", "a third"), ("1,000 m", "10,000 m"),
    ])
    func `other numbers are another question`(first: String, second: String) {
        #expect(conflict(first, second) == .numbers)
    }

    @Test(arguments: [
        ("Give me 2 ideas.", "Give me two ideas."), ("1,000 people", "1000 people"), ("5 km?", "5 km"),
        ("What is DNA?", "Explain what DNA is."), ("don't stop", "do not stop"), ("What's up?", "What is up?"),
        ("What is the capital of France?", "what is the capital of france?"), ("PARIS, now", "Paris now"),
        ("Increase it.", "Make it grow more."), ("from old to new", "new instead of old"),
        ("What does `x  =  1` do?", "Explain `x = 1`."), ("one may ask", "you may ask"),
    ])
    func `the same in other words stays the same`(first: String, second: String) {
        #expect(conflict(first, second) == nil)
    }

    @Test(arguments: [
        ("Which foods contain gluten?", "Which foods do not contain gluten?"), ("with sugar", "without sugar"),
        ("It is so.", "It isn't so."), ("Can I?", "Can't I?"),
    ])
    func `a negation makes another question`(first: String, second: String) {
        #expect(conflict(first, second) == .negation)
    }

    @Test(arguments: [
        ("What is the capital of France?", "What is the capital of Spain?"),
        ("Ask Anna about it.", "Ask Otto about it."),
        ("Who founded IBM?", "Who founded SAP?"),
    ])
    func `other names are another question`(first: String, second: String) {
        #expect(conflict(first, second) == .names)
    }

    @Test(arguments: [
        ("What does `a == b` mean?", "What does `a = b` mean?"), ("Explain foo_bar", "Explain foo_baz"),
        ("Explain f(x)=1", "Explain f(x)=2"), ("list.append?", "list.extend?"), ("Use fooBar here", "Use fooBaz here"),
        ("http://a.example", "http://b.example"),
    ])
    func `other code is another question`(first: String, second: String) {
        #expect(conflict(first, second) == .code)
    }

    @Test(arguments: [
        ("How do I enable it?", "How do I disable it?"), ("the highest hill", "the lowest hill"),
        ("before lunch", "after lunch"), ("Translate French to English.", "Translate English to French."),
    ])
    func `the other way round is another question`(first: String, second: String) {
        #expect(conflict(first, second) == .direction)
    }

    @Test func `who is not when, and which may be either`() {
        #expect(conflict("Where was Einstein born?", "When was Einstein born?") == .asked)
        #expect(conflict("When did it end?", "In which year did it end?") == nil)
        #expect(conflict("Who painted it?", "Which artist painted it?") == nil)
    }

    @Test func `beyond its beginning a long question must be the same to the letter`() {
        let long = String(repeating: "word ", count: 3_000)
        #expect(conflict(long + "a", long + "a") == nil)
        #expect(conflict(long + "a", long + "b") == .code)
    }

    @Test func `marks come back from their bytes, and other bytes are refused`() {
        let marks = QuestionMarks("Why does `f()` not return 3 in Rust before 2021?")
        #expect(QuestionMarks(bytes: marks.bytes) == marks)
        #expect(QuestionMarks(bytes: []) == nil && QuestionMarks(bytes: marks.bytes + [1]) == nil)
        for place in marks.bytes.indices { _ = QuestionMarks(bytes: Array(marks.bytes[..<place])) }
    }
}
