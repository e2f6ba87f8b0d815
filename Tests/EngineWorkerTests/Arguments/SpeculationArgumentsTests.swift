import Inference
import LlamaRuntime
import Testing

@testable import EngineWorker

@Suite struct SpeculationArgumentsTests {
    private func speculation(_ line: String, _ environment: [String: String] = [:]) throws -> SpeculationArguments {
        try commandLine("-m m \(line)".trimmingSpaces, environment).speculation
    }

    @Test func `nothing is guessed unless it is asked for`() throws {
        let plain = try speculation("")
        #expect(!plain.isOn && plain.draft == nil && plain.options == SpeculationOptions() && !plain.isCompared)
    }

    @Test(arguments: [
        "--spec-type ngram-simple", "--spec-type ngram-mod", "--spec-type ngram-map-k,ngram-map-k4v", "--spec-default",
        "--spec-type ngram-cache", "--spec-type auto", "--spec-type none,ngram",
    ])
    func `each of llama-server's look-ups is one`(line: String) throws {
        let all = try speculation(line)
        #expect(all.options.looksUp && all.draft == nil && all.isOn)
    }

    @Test(arguments: ["-md d", "--model-draft d", "--spec-draft-model d", "--spec-type draft-simple -md d"])
    func `a draft model is one by each of its names`(line: String) throws {
        let all = try speculation(line)
        #expect(all.draft?.path == "d" && !all.options.looksUp && all.isOn)
    }

    @Test func `a model may draft beside look-ups, or be left`() throws {
        let both = try speculation("-md d --spec-type auto")
        #expect(both.draft != nil && both.options.looksUp)
        #expect(try speculation("-md d --spec-default").draft != nil)
        #expect(try !speculation("-md d --spec-type none").isOn)
        #expect(try speculation("", ["LLAMA_ARG_SPEC_DRAFT_MODEL": "e"]).draft?.path == "e")
    }

    @Test(arguments: ["--draft-max 7", "--draft 7", "--draft-n 7", "--spec-draft-n-max 7"])
    func `how far a draft goes is said by each name`(line: String) throws {
        #expect(try speculation("-md d \(line)").options.draftTokensMax == 7)
    }

    @Test(arguments: ["--draft-min 2", "--draft-n-min 2", "--spec-draft-n-min 2"])
    func `how short a draft may be is said by each name`(line: String) throws {
        #expect(try speculation("-md d \(line)").options.tokensMin == 2)
    }

    @Test func `the rest of a draft model`() throws {
        let all = try speculation(
            "-md d -cd 512 -ngld 3 -td 2 -tbd 3 -ctkd q8_0 -ctvd q4_0 --draft-p-min 0.5 --no-spec-tune")
        let draft = try #require(all.draft)
        #expect(draft.cells == 512 && draft.gpuLayers == .count(3) && draft.threads == 2 && draft.batchThreads == 3)
        #expect(draft.keyType == .q8_0 && draft.valueType == .q4_0)
        #expect(all.options.probabilityMin == 0.5 && !all.options.isTuned)
    }

    @Test func `look-ups have sizes, and no guess is longer than rows allow`() throws {
        let all = try speculation("--spec-type ngram-simple --spec-ngram-simple-size-n 5 --spec-ngram-mod-n-max 20")
        #expect(all.options.matchMin == 5 && all.options.lookUpTokensMax == 20)
        #expect(try speculation("--spec-default --draft-max 900").options.lookUpTokensMax == 64)
    }

    @Test func `what changes nothing is told`() throws {
        let line =
            "-m m --draft-p-split 0.1 -Cd ff --spec-ngram-simple-min-hits 2 -devd x --spec-draft-backend-sampling"
        #expect(try commandLine(line).notices.count == 5)
    }

    @Test(arguments: [
        ("--spec-type draft-simple", "needs a draft model"), ("--spec-type draft-eagle3 -md d", "--spec-type must be"),
        ("--spec-type ,", "--spec-type must be"), ("--draft-max -1", "--draft-max must be"),
        ("--draft-p-min 2", "from 0 to 1"), ("--spec-ngram-simple-size-n 0", "from 1"), ("-ngld many", "auto, all"),
    ])
    func `what cannot be done is refused`(line: String, part: String) {
        #expect(refusal("-m m \(line)")?.contains(part) == true)
    }
}
