import Testing

@testable import Configuration

private enum Mode: String, CaseIterable, Sendable { case fast, slow }
private let parallel = CommandOption<Int>(
    "parallel", also: ["-np"], variable: "LLAMA_ARG_N", .integer(in: -1...9), "Sequences.")
private let mode = CommandOption<Mode>("mode", also: ["-m"], bareValue: "fast", .choice, "How.")
private let map = CommandOption<Bool>(
    "mmap", also: [], negations: ["--no-mmap", "-nm"], variable: "LLAMA_ARG_MMAP", .flag, "Whether.")
private let words = CommandOption<String>("word", also: ["-w", "--token"], .text(), "A word.")
private let others = CommandOption<String>("other", .text(), "Another.")
private let secret = CommandOption<Int>("pin", also: [], isSecret: true, .integer(in: 0...9), "A secret.")
private let range = CommandOption<String>(
    "range", .twoArguments("two words", placeholder: "FIRST LAST") { $0.split(separator: " ").count == 2 ? $0 : nil },
    "A range.")
private let program = Program(
    name: "p", summary: "Tests.",
    commands: [
        Command(
            "run", "Runs.",
            options: [
                parallel.declared.listed(under: "Numbers"), mode.declared, map.declared, words.declared,
                others.declared, secret.declared, range.declared,
                .ignored("--warm", "-wa", because: "It is always warm."),
                .ignored("--heat", takesValue: true, variable: "LLAMA_ARG_HEAT", because: "It is never hot."),
                .refused(["--magic", "-mg"], variable: "LLAMA_ARG_MAGIC", because: "there is none."),
            ], takesConfiguration: false)
    ])

private func run(_ line: String, _ environment: [String: String] = [:]) throws -> ParsedCommand {
    let words = ["run"] + line.split(separator: " ").map(String.init)
    guard case .command(let parsed) = try program.parse(words, environment: environment) else { throw NoCommand() }
    return parsed
}
private struct NoCommand: Error {}

@Suite struct OptionSpellingTests {
    @Test(arguments: ["-np 4", "-np=4", "--parallel 4", "--parallel=4", "-np 1 -np 4"])
    func `a one-dash option may have several letters`(line: String) throws {
        #expect(try run(line)[parallel] == 4)
    }

    @Test(arguments: [("-np -1", -1), ("--parallel=-1", -1)])
    func `a value may be negative`(line: String, value: Int) throws { #expect(try run(line)[parallel] == value) }

    @Test(
        arguments: [
            ("", nil), ("--mmap", true), ("--no-mmap", false), ("-nm --mmap", true), ("--mmap -nm", false),
            ("--mmap=false", false), ("--no_mmap", false),
        ] as [(String, Bool?)])
    func `a flag has a negation, and the last word counts`(line: String, value: Bool?) throws {
        #expect(try run(line).given(map) == value)
    }

    @Test(arguments: [
        ("-m", Mode.fast), ("-m slow", .slow), ("-m --mmap", .fast), ("-m=slow", .slow), ("-m -np 1", .fast),
    ])
    fileprivate func `a value may be left out`(line: String, value: Mode) throws {
        #expect(try run(line)[mode] == value)
    }

    @Test(arguments: ["--range 1 7", "--range -1 7 -np 2", "-np 2 --range a b"])
    func `a value may be two words`(line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let place = try #require(words.firstIndex(of: "--range"))
        #expect(try run(line)[range] == "\(words[place + 1]) \(words[place + 2])")
        #expect(try run(line).operands == [])
    }

    @Test(arguments: ["--range", "--range 1", "--range 1 -np 2", "--range 1 --mmap", "--range=1"])
    func `one word of two is not enough`(line: String) {
        #expect(throws: UsageError.self) { try run(line) }
    }

    @Test func `repeated options keep their order, over two options too`() throws {
        let parsed = try run("--word a --other b -w c --token d")
        #expect(parsed.all(words, others) == ["a", "b", "c", "d"] && parsed.all(words) == ["a", "c", "d"])
        #expect(parsed[words] == "d")
    }

    @Test func `an option without effect is told once, and takes its value with it`() throws {
        let parsed = try run("--warm -wa --warm --heat 9 -np 2")
        #expect(parsed.notices.map(\.spelling) == ["--warm", "-wa", "--heat"] && parsed[parallel] == 2)
        #expect(parsed.notices[0].reason == "It is always warm." && parsed.operands.isEmpty)
    }

    @Test(arguments: [
        ("--magic", "--magic cannot be used here: there is none."), ("-mg 1", "-mg cannot be used here"),
        ("--pin 12", "not what was given"), ("-w -np", "-w needs a value"), ("-npp", "did you mean -np?"),
        ("--np", "did you mean -np?"), ("-parallel", "did you mean --parallel?"), ("--no-mmap=1", "takes no value"),
        ("--magik", "There is no option '--magik'"),
    ])
    func `misuse is explained`(line: String, part: String) {
        let error = #expect(throws: UsageError.self) { try run(line) }
        #expect(error?.description.contains(part) == true, "\(error.debugDescription)")
        #expect(error?.description.contains("12") == false)
    }

    @Test func `a variable counts where arguments say nothing`() throws {
        #expect(try run("", ["LLAMA_ARG_N": "3"])[parallel] == 3)
        #expect(try run("-np 5", ["LLAMA_ARG_N": "3"])[parallel] == 5)
        #expect(try run("", ["LLAMA_ARG_N": ""])[parallel] == nil)
        #expect(try run("", ["LLAMA_ARG_MMAP": "off"]).given(map) == false)
        #expect(try run("", ["LLAMA_ARG_NO_MMAP": "whatever"]).given(map) == false)
        #expect(try run("--mmap", ["LLAMA_ARG_NO_MMAP": "1"]).given(map) == true)
        #expect(
            try run("", ["LLAMA_ARG_HEAT": "9", "LLAMA_ARG_MAGIC": "0"]).notices.map(\.spelling) == ["LLAMA_ARG_HEAT"])
        for (name, value) in [("LLAMA_ARG_N", "many"), ("LLAMA_ARG_MMAP", "x"), ("LLAMA_ARG_MAGIC", "1")] {
            let error = #expect(throws: UsageError.self) { try run("", [name: value]) }
            #expect(error?.description.contains(name) == true)
        }
    }

    @Test func `help has groups, every way to write an option, and what has no effect`() throws {
        guard case .help(let text) = try program.parse(["run", "--help"]) else {
            Issue.record("no help")
            return
        }
        for part in [
            "Numbers:\n  -np, --parallel N", "-m, --mode [fast|slow]", "--mmap, --no-mmap  ", "--warm, --heat.",
        ] {
            #expect(text.contains(part), "\(text)")
        }
        #expect(!text.contains("--magic"))
        guard case .version = try program.parse(["run", "--version"]) else {
            Issue.record("no version")
            return
        }
    }
}
