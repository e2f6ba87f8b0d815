import Hosting
import JSONText
import Testing
import Vocabulary

@testable import Platform

@Suite struct OllamaParametersTests {
    @Test func `parameters become settings and options`() throws {
        var settings = EngineSettings(model: "m")
        try OllamaParameters([
            "num_ctx": 2048, "temperature": 0.5, "top_k": 3, "seed": 7, "repeat_penalty": 1.5, "num_predict": -1,
            "stop": ["a", "b"],
        ]).apply(to: &settings)
        #expect(settings.contextTokens == 2048 && settings.sampling.temperature == 0.5)
        #expect(settings.sampling.topK == 3 && settings.sampling.seed == 7)
        #expect(
            settings.arguments == [
                "--repeat-penalty", "1.5", "--predict", "-1", "--reverse-prompt", "a", "--reverse-prompt", "b",
            ])
    }

    @Test(
        arguments: [
            ("num_ctx", 3), ("temperature", "hot"), ("top_p", 2), ("repeat_penalty", 0), ("seed", -1), ("stop", 5),
            ("stop", [""]), ("flavour", 1), ("num_gpu", 1),
        ] as [(String, JSONValue)])
    func `what cannot be kept is told by name`(name: String, value: JSONValue) {
        var settings = EngineSettings(model: "m")
        let failure = #expect(throws: ServiceError.self) {
            try OllamaParameters([name: value]).apply(to: &settings)
        }
        #expect(failure?.parameter?.hasPrefix("parameters.\(name)") == true)
    }
}
