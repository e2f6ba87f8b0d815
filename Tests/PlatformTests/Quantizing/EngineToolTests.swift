import JSONText
import Jobs
import Testing
import Vocabulary

@testable import Platform

@Suite struct EngineToolTests {
    @Test func `lines become progress, the result and the reason`() {
        var told = EngineTool.Told()
        let progress = told.take(
            #"{"event":"progress","done":5,"total":10,"unit":"bytes","stage":"blk.0.ffn_up.weight"}"#)
        #expect(progress == JobProgress(done: 5, total: 10, unit: "bytes", stage: "blk.0.ffn_up.weight"))
        #expect(told.take(#"{"event":"result","path":"/x","seconds":1.5}"#) == nil)
        #expect(told.result == ["path": "/x", "seconds": 1.5])
        #expect(told.take(#"{"event":"error","code":"invalid_value","message":"No.","hint":null}"#) == nil)
        #expect(told.error == ServiceError(.invalidValue, "No."))
    }

    @Test(arguments: ["", "ggml says hello", "[1,2]", "{", #"{"event":"other"}"#, "7"])
    func `what is no event is passed over`(line: String) {
        var told = EngineTool.Told()
        #expect(told.take(line) == nil && told.result == nil && told.error == nil)
    }
}
