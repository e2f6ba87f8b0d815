import JSONText
@testable import ModelCatalog
import Testing

@Suite struct LlamaSwapFileTests {
    private func read(_ text: String) throws -> ImportFindings {
        try LlamaSwapFile.read(try JSONValue.parse(text), file: "swap.yaml")
    }

    @Test func `every member of a model is taken over`() throws {
        let findings = try read(
            #"""
            {"healthCheckTimeout": 90, "startPort": 9000, "macros": {"bin": "/b/llama-server", "n": 4},
             "models": {"big": {"cmd": "${bin} --port ${PORT} -m /m/${MODEL_ID}.gguf -t ${n}", "aliases": ["b"],
              "env": ["A=1"], "proxy": "http://127.0.0.1:${PORT}", "checkEndpoint": "none", "ttl": 60,
              "useModelName": "up", "unlisted": true, "name": "Big", "description": "A note"}},
             "groups": {"g": {"swap": true, "exclusive": false, "persistent": true, "members": ["big"]}}}
            """#)
        let deployment = try #require(findings.deployments.first)
        #expect(deployment.command == ["/b/llama-server", "--port", "${PORT}", "-m", "/m/big.gguf", "-t", "4"])
        #expect(deployment.aliases == ["b"] && deployment.environment == ["A=1"] && deployment.idleSeconds == 60)
        #expect(deployment.proxy == "http://127.0.0.1:${PORT}" && deployment.checkPath == nil)
        #expect(deployment.upstreamModel == "up" && deployment.isUnlisted && deployment.title == "Big")
        #expect(deployment.modelPath == "/m/big.gguf" && deployment.startPort == 9_000)
        #expect(deployment.readySeconds == 90 && deployment.note == "A note")
        #expect(deployment.group == FoundGroup(name: "g", swaps: true, isExclusive: false, isPersistent: true))
    }

    @Test func `what is left out has the values of llama-swap`() throws {
        let deployment = try #require(try read(#"{"models": {"a": {"cmd": "x", "ttl": 0}}}"#).deployments.first)
        #expect(deployment.proxy == "http://localhost:${PORT}" && deployment.checkPath == "/health")
        #expect(deployment.idleSeconds == nil && deployment.group == nil && deployment.modelPath == nil)
    }

    @Test(
        arguments: [
            ("a b  c", ["a", "b", "c"]), ("'a b' \"c d\"", ["a b", "c d"]), ("a\\ b", ["a b"]), ("x''y", ["xy"]),
            ("''", [""]), ("a \\\n b", ["a", "b"]), ("a\n# remark 'open\nb", ["a", "b"]),
            (#""a\"b" "c\d" 'e\f'"#, [#"a"b"#, #"c\d"#, #"e\f"#]), ("  ", []), ("'open", nil), ("end\\", nil),
        ] as [(String, [String]?)])
    func `commands are parted as a shell does it`(command: String, words: [String]?) {
        #expect(LlamaSwapFile.words(of: command) == words)
    }

    @Test(
        arguments: [
            #"{"cmd": ""}"#, #"{}"#, "null", "7", #"{"cmd": "a", "ttl": "soon"}"#, #"{"cmd": "a", "env": ["X"]}"#,
            #"{"cmd": "a", "aliases": "b"}"#, #"{"cmd": "'a"}"#, #"{"cmd": "a", "macros": {"x": []}}"#,
            #"{"cmd": "${x"}"#,
        ])
    func `one wrong model leaves the others alone`(entry: String) throws {
        let findings = try read(#"{"models": {"wrong": \#(entry), "right": {"cmd": "a"}}}"#)
        let isTaken = entry.contains("${x")  // An open brace is text, as in a shell's word.
        #expect(findings.deployments.map(\.name).contains("right"))
        #expect(findings.deployments.count == (isTaken ? 2 : 1) && findings.problems.count == (isTaken ? 0 : 1))
    }
}
