import JSONText
import Testing
import Vocabulary

@testable import OpenAIAPI

@Suite struct AdapterFieldsTests {
    private func request(_ lora: String) throws -> GenerationRequest {
        let id = try #require(RequestID("r"))
        return try CompletionRequest.text(Array(#"{"prompt":"a","lora":\#(lora)}"#.utf8), id: id).generation
    }

    @Test func `adapters are read in their order`() throws {
        #expect(
            try request(#"[{"id":1,"scale":0.5},{"id":0,"scale":-2,"name":"x"}]"#).adapters == [
                AdapterScale(id: 1, scale: 0.5), AdapterScale(id: 0, scale: -2),
            ])
        for none in ["null", "[]"] { #expect(try request(none).adapters == nil) }
        #expect(try request(#"[{"id":0,"scale":0}]"#).adapters == [AdapterScale(id: 0, scale: 0)])
    }

    @Test(arguments: [
        ("{}", "lora"), ("7", "lora"), ("[7]", "lora[0]"), (#"[{"id":0}]"#, "lora[0].scale"),
        (#"[{"scale":1}]"#, "lora[0].id"), (#"[{"id":-1,"scale":1}]"#, "lora[0].id"),
        (#"[{"id":99999999999,"scale":1}]"#, "lora[0].id"), (#"[{"id":0.5,"scale":1}]"#, "lora[0].id"),
        (#"[{"id":0,"scale":1},{"id":1,"scale":1e9}]"#, "lora[1].scale"), (#"[{"id":0,"scale":"1"}]"#, "lora[0].scale"),
    ])
    func `what is wrong is named`(lora: String, parameter: String) {
        let error = #expect(throws: ServiceError.self) { try request(lora) }
        #expect(error?.code == .invalidValue && error?.parameter == parameter)
    }

    @Test func `a list has a bound`() {
        let many = Array(repeating: #"{"id":0,"scale":1}"#, count: RequestBounds.adaptersMax + 1).joined(separator: ",")
        #expect(throws: ServiceError.self) { try request("[\(many)]") }
    }

    @Test func `another server is asked for the same`() throws {
        let asked = try request(#"[{"id":1,"scale":0.5}]"#)
        let body = try ClientRequest(asked, model: "m").body
        #expect(body["lora"] == [["id": 1, "scale": 0.5]])
        let id = try #require(RequestID("r"))
        #expect(try CompletionRequest.text(Array(body.text.utf8), id: id).generation.adapters == asked.adapters)
        #expect(try ClientRequest(try request("[]"), model: "m").body["lora"] == nil)
    }
}
