import JSONText
import Testing
import Vocabulary

@testable import RequestScope

@Suite struct JSONBodyTests {
    @Test func `a sentence about a field has one mark at its end`() {
        let plain = ServiceError(reading: JSONFieldError(path: "a.b", problem: "must be a string"))
        #expect(plain.message == "'a.b' must be a string.")
        #expect(plain.parameter == "a.b" && plain.code == .invalidValue)
        let question = ServiceError(reading: JSONFieldError(path: "a", problem: "is \"x\"; did you mean \"y\"?"))
        #expect(question.message == "'a' is \"x\"; did you mean \"y\"?")
    }

    @Test func `what is no object is refused with a sentence`() {
        for body in ["", "[]", "{", "null", "1"] {
            #expect(throws: ServiceError.self) { try JSONField.body(Array(body.utf8)) }
        }
    }
}
