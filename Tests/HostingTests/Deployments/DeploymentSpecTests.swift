import Hosting
import JSONText
import Testing
import Vocabulary

@Suite struct DeploymentSpecTests {
    private func read(_ text: String) throws -> DeploymentSpec {
        try DeploymentSpec(reading: JSONField(try JSONValue.parse(text)))
    }

    @Test(arguments: [
        #"{"model": "/m/a.gguf"}"#,
        #"""
        {"model": "qwen:q4", "projector": "/m/p.gguf", "context_tokens": 4096, "parallel": 2, "batch_tokens": 256,
         "queue_max": 0, "threads": 3, "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "seed": 4294967295,
         "engine": "b9000", "arguments": ["--flash-attn", "on"], "purpose": "embeddings", "aliases": ["x", "y/z:1"],
         "replicas": 3, "fallback": ["b"], "keep_alive": "5m", "pinned": true, "priority": "high", "preload": true,
         "remark": "why"}
        """#,
        #"""
        {"kind": "command", "command": ["llama-server", "--port", "${PORT}"], "model": "/m", "environment": {"A": "1"},
         "directory": "/", "ready_path": "/v1/models", "ready_within_seconds": 1.5, "stop_signal": "INT",
         "restart": "never", "upstream_model": "x", "keep_alive": -1}
        """#,
        #"{"kind": "remote", "url": "http://h/v1", "upstream_model": "x", "api_key": "k", "health_path": "/health"}"#,
        #"""
        {"kind": "container", "image": "vllm/vllm-openai:v1", "command": ["--model", "x"], "environment": {"TOKEN": "t"},
         "port": 8080, "binds": ["/m:/m:ro"], "gpus": true, "memory_max": 1048576, "ready_path": "/h",
         "ready_within_seconds": 30}
        """#,
    ])
    func `what is written is read again`(text: String) throws {
        let spec = try read(text)
        #expect(try DeploymentSpec(reading: JSONField(spec.json(isShown: false))) == spec)
        #expect(spec.json(isShown: false).text == (try read(spec.json(isShown: false).text)).json(isShown: false).text)
    }

    @Test func `secrets are kept and not shown`() throws {
        let remote = try read(#"{"kind": "remote", "url": "http://h", "api_key": "sesame"}"#)
        #expect(!remote.json(isShown: true).text.contains("sesame"))
        #expect(remote.json(isShown: false).text.contains("sesame"))
        let command = try read(
            #"{"kind": "command", "command": ["x"], "environment": {"HF_TOKEN": "sesame", "LANG": "C"}}"#)
        #expect(!command.json(isShown: true).text.contains("sesame"))
        #expect(command.json(isShown: true).text.contains(#""LANG":"C""#))
    }

    @Test(arguments: [
        (#"{}"#, "model"),
        (#"{"model": ""}"#, "model"),
        (#"{"kind": "vm", "model": "x"}"#, "kind"),
        (#"{"model": "x", "replicas": 0}"#, "replicas"),
        (#"{"model": "x", "replicas": 17}"#, "replicas"),
        (#"{"model": "x", "context_tokens": -1}"#, "context_tokens"),
        (#"{"model": "x", "url": "http://h"}"#, "url"),
        (#"{"model": "x", "keep_alive": "soon"}"#, "keep_alive"),
        (#"{"model": "x", "priority": "urgent"}"#, "priority"),
        (#"{"model": "x", "aliases": ["a", "a"]}"#, "aliases[1]"),
        (#"{"model": "x", "aliases": ["a b"]}"#, "aliases[0]"),
        (#"{"model": "x", "arguments": ["--port", "1"]}"#, "arguments[0]"),
        (#"{"model": "x", "arguments": ["--socket=/tmp/x"]}"#, "arguments[0]"),
        (#"{"kind": "command", "command": []}"#, "command"),
        (#"{"kind": "command", "command": ["x"], "environment": {"A=B": "1"}}"#, "environment.A=B"),
        (#"{"kind": "command", "command": ["x"], "ready_path": "health"}"#, "ready_path"),
        (#"{"kind": "command", "command": ["x"], "ready_within_seconds": 0}"#, "ready_within_seconds"),
        (#"{"kind": "remote", "url": "ftp://h"}"#, "url"),
        (#"{"kind": "container", "image": "x", "port": 0}"#, "port"),
        (#"{"kind": "container", "image": "x", "memory_max": 1}"#, "memory_max"),
    ])
    func `what is wrong is told with its place`(text: String, path: String) throws {
        let error = try #require(throws: JSONFieldError.self) { _ = try read(text) }
        #expect(error.path == path)
    }

    @Test func `only what changes servers makes new ones`() throws {
        let before = try read(#"{"model": "/a", "replicas": 2}"#)
        var after = before
        after.keepAlive = .forever
        #expect(SwapPlan(from: before, to: after, isLoaded: true) == .settings)
        after.replicas = 5
        #expect(SwapPlan(from: before, to: after, isLoaded: true) == .scale(by: 3))
        #expect(SwapPlan(from: after, to: before, isLoaded: true) == .scale(by: -3))
        #expect(SwapPlan(from: before, to: after, isLoaded: false) == .settings)
        after.kind = .engine(EngineSettings(model: "/b"))
        #expect(SwapPlan(from: before, to: after, isLoaded: true) == .swap)
        #expect(SwapPlan(from: before, to: after, isLoaded: false) == .settings)
    }

    @Test func `differences name members, and a patch makes them`() throws {
        let before = try JSONValue.parse(#"{"a": 1, "b": {"c": 2, "d": [1, 2]}, "e": true}"#)
        let after = try JSONValue.parse(#"{"a": 1, "b": {"c": 3, "d": [1]}, "f": null}"#)
        let changes = ConfigurationDifference.between(before, after)
        #expect(changes.map(\.path) == ["e", "b.c", "b.d", "f"])
        #expect(changes[0].before == true && changes[0].after == nil)
        #expect(changes[1].before == 2 && changes[1].after == 3)
        #expect(ConfigurationDifference.between(before, before).isEmpty)
        #expect(
            before.merged(try JSONValue.parse(#"{"b": {"c": 3, "d": [1]}, "e": null, "g": {"h": null}}"#)).text
                == #"{"a":1,"b":{"c":3,"d":[1]},"g":{}}"#)
    }
}
