import Testing

@testable import Vocabulary

@Suite struct IdentifierTests {
    @Test func `request ids sort by time`() {
        var random = SystemRandomNumberGenerator()
        let ids = (0..<50).map { step in
            RequestID(millisecondsSinceEpoch: 1_700_000_000_000 + Int64(step) * 37, using: &random).text
        }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 50)
        #expect(ids.allSatisfy { $0.hasPrefix("req_") && $0.count == 30 && RequestID($0) != nil })
    }

    @Test(arguments: ["", "a b", "a\nb", "é", "a\r", "\"", String(repeating: "x", count: 129)])
    func `an id that could break a header or a log line is refused`(text: String) {
        #expect(RequestID(text) == nil)
    }

    @Test func `the longest id is accepted`() {
        #expect(RequestID(String(repeating: "x", count: 128)) != nil)
    }
}

@Suite struct ServiceErrorTests {
    @Test func `only the debug description tells the detail`() {
        let error = ServiceError(.engineFailed, "It failed.", hint: "Try again.", detail: "/secret/path")
        #expect("\(error)" == "It failed. Try again.")
        #expect(String(reflecting: error) == "[engine_failed] It failed. Try again. (/secret/path)")
    }
}

@Suite struct SamplingParametersTests {
    @Test func `what a request says wins over the model's defaults`() {
        let request = SamplingParameters(temperature: 0, seed: 7)
        let defaults = SamplingParameters(temperature: 0.7, topK: 20)
        var expected = SamplingParameters.standard
        expected.temperature = 0
        expected.topK = 20
        expected.seed = 7
        #expect(request.over(defaults).over(.standard) == expected)
        #expect(SamplingParameters().over(.standard) == .standard)
    }
}
