import JSONText
import Launch
import LlamaRuntime

/// `nexus engine --build-info`: which llama.cpp this is, as one line of JSON for programs.
enum BuildReport {
    static var line: String {
        LlamaLog.send { _, _ in }
        let parts = LlamaBuild.parts
        let features = LlamaBuild.system.split(separator: "|").map { JSONValue.string(String($0).trimmingSpaces) }
        let report: JSONValue = [
            "engine": "nexus-engine", "version": .string(productVersion), "llama_cpp": .string(parts.llama),
            "ggml": .string(parts.ggml), "commit": .string(parts.commit), "features": .array(features),
            "devices": .array(ComputingDevice.all().map { .string($0.name) }),
        ]
        return report.text
    }
}
