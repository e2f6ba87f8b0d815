import ChatFormats
import Foundation
import Testing
import Vocabulary

@Suite struct DetectionTests {
    @Test(arguments: [
        ("{{- '<|start|>assistant<|channel|>final<|message|>' }}", "gpt-oss"),
        ("{{- '[TOOL_CALLS][' }}", "mistral"),
        ("{{- '[TOOL_CALLS]' + name + '[ARGS]' + arguments }}", "mistral-args"),
        ("<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{% if tools %}<|START_ACTION|>[", "command-r"),
        ("<|START_OF_TURN_TOKEN|> Write 'Action:' followed by a json-formatted list of actions", "command-r-plus"),
        ("{{'<｜tool▁call▁begin｜>' + type + '<｜tool▁sep｜>' + name + '\\n```json\\n'}}", "deepseek"),
        ("{{'<｜tool▁call▁begin｜>' + name + '<｜tool▁sep｜>' + arguments}}", "deepseek-v3.1"),
        ("{{'<｜User｜>' + content + '<｜Assistant｜><think>\\n'}}", "deepseek"),
        ("<|tool_calls_section_begin|><|tool_call_begin|>", "kimi-k2"),
        ("<start_of_turn>model <start_function_call>call:", "functiongemma"),
        ("{{- '<|tool_call>call:' + name + '{' -}}", "gemma4"),
        ("<start_of_turn>model", "gemma"),
        ("<|start_of_role|>assistant<|end_of_role|> <|tool_call|>", "granite"),
        ("<|system|>{{ content }}<|tool|>{{ tools }}<|/tool|><|end|>", "phi"),
        ("<tool_call>\n<function=name>\n<parameter=key>", "qwen3-coder"),
        ("<|im_start|>system\\nYou are Qwen {{ tools }} <tool_call>", "qwen"),
        ("<|im_start|>system {{ tools }} <tool_call>", "hermes"),
        ("<|start_header_id|>assistant<|end_header_id|>", "llama3"),
        ("<SPECIAL_10> <TOOLCALL>[", "nemotron"),
        ("<tool_calls>[", "apriel"),
        ("<|im_start|>{{ role }}", "generic"),
        ("", "generic"),
    ]) func `a template tells its family`(template: String, name: String) {
        #expect(ChatFormat.detect(template: template, controlTexts: []).name == name)
    }

    @Test func `control tokens tell where the template does not`() {
        let template = "<|im_start|>{{ role }}"
        #expect(ChatFormat.detect(template: template, controlTexts: ["<tool_call>"]).name == "qwen")
        #expect(ChatFormat.detect(template: "", controlTexts: ["[TOOL_CALLS]"]).name == "mistral")
        #expect(ChatFormat.detect(template: "", controlTexts: ["<|tool_call|>"]).name == "phi")
    }

    @Test func `a format is found by its name`() {
        for format in ChatFormat.all { #expect(ChatFormat.named(format.name) == format) }
        #expect(ChatFormat.named("Hermes") == .hermes)
        #expect(ChatFormat.named("nothing") == nil)
        #expect(Set(ChatFormat.all.map(\.name)).count == ChatFormat.all.count)
    }

    @Test func `a model whose template knows no tools is told about them`() throws {
        let tools = Array(OfferedFunctions.all.prefix(1))
        let bare = ChatFormat.detect(template: "<start_of_turn>model", controlTexts: [])
        let instruction = try #require(bare.instruction(tools: tools, choice: .required, isParallel: false))
        #expect(instruction.contains("get_weather"))
        #expect(instruction.contains(#"{"name": "function_name", "parameters": {"argument": "value"}}"#))
        #expect(instruction.contains("must call a function"))
        #expect(bare.instruction(tools: tools, choice: .none, isParallel: true) == nil)
        let telling = ChatFormat.detect(template: "{% if tools %}<tool_call>{% endif %}", controlTexts: [])
        #expect(telling.instruction(tools: tools, choice: .auto, isParallel: true) == nil)
    }

    @Test func `control texts that the parser needs are named`() {
        #expect(
            Set(ChatFormat.hermes.preservedTexts).isSuperset(of: ["<tool_call>", "</tool_call>", "<think>", "</think>"])
        )
        #expect(
            Set(ChatFormat.mistral.preservedTexts).isSuperset(of: ["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "[THINK]"]))
        #expect(
            Set(ChatFormat.gptOss.preservedTexts).isSuperset(of: ["<|channel|>", "<|message|>", "<|start|>", "<|end|>"])
        )
        #expect(!ChatFormat.llama3.preservedTexts.contains("{"))
    }

    /// Real templates, where a data set with them lies beside the checkout.
    @Test func `real templates are told apart`() throws {
        var directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        var folder = directory
        while directory.path.count > 1 {
            folder = directory.appending(path: "shared/data/templates")
            if FileManager.default.fileExists(atPath: folder.path) { break }
            directory.deleteLastPathComponent()
        }
        let expected = [
            "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use": "hermes", "Qwen-Qwen2.5-7B-Instruct": "qwen",
            "Qwen-Qwen3-0.6B": "qwen", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B": "deepseek",
            "ibm-granite-granite-3.3-2B-Instruct": "granite", "mistralai-Mistral-Nemo-Instruct-2407": "mistral",
            "HuggingFaceTB-SmolLM3-3B": "generic", "microsoft-Phi-3.5-mini-instruct": "generic",
        ]
        for (file, name) in expected {
            let url = folder.appending(path: file + ".jinja")
            guard FileManager.default.fileExists(atPath: url.path) else { continue }
            let template = try String(contentsOf: url, encoding: .utf8)
            #expect(ChatFormat.detect(template: template, controlTexts: []).name == name, "\(file)")
        }
    }
}
