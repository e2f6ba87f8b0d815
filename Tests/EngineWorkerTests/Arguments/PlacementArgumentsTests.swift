import LlamaRuntime
import Testing

@testable import Configuration
@testable import EngineWorker

@Suite struct PlacementArgumentsTests {
    @Test func `a command line for several devices`() throws {
        let placing = try commandLine(
            """
            -m m -sm row -ts 3,1 -mg 1 -dev RPC0,RPC1 -ot blk.0.*=CPU,out.*=RPC0 -cmoe -ncmoe 2 --no-repack --no-host \
            --no-op-offload --check-tensors -lzm on
            """
        ).placing
        #expect(placing.placement.split == .row && placing.placement.proportions == [3, 1])
        #expect(placing.placement.mainGPU == 1 && placing.placement.devices == ["RPC0", "RPC1"])
        #expect(
            placing.placement.buffers.map(\.pattern) == [
                "blk.0.*", "out.*", ModelPlacement.expertsPattern, "blk\\.0\(ModelPlacement.expertsPattern)",
                "blk\\.1\(ModelPlacement.expertsPattern)",
            ])
        #expect(placing.placement.buffers.map(\.buffer) == ["CPU", "RPC0", "CPU", "CPU", "CPU"])
        #expect(!placing.repacks && placing.avoidsHostBuffers && !placing.offloadsOperations && placing.checksTensors)
        #expect(placing.lazyMode == .on)
        #expect(try commandLine("-m m").notices.isEmpty)
        #expect(try commandLine("-m m -dev none").placing.placement.devices == [])
        #expect(
            try commandLine("-m m -ncffn 1").placing.placement.buffers.map(\.pattern) == [
                "blk\\.0\(ModelPlacement.densePattern)"
            ])
    }

    @Test func `metadata is replaced by type`() throws {
        let line = "-m m --override-kv a.b=int:-3,c=float:0.5,d=bool:true --override-kv \"e=str:x,y\""
        #expect(
            try commandLine(line).placing.metadata == [
                MetadataOverride(key: "a.b", value: .integer(-3)), MetadataOverride(key: "c", value: .number(0.5)),
                MetadataOverride(key: "d", value: .bool(true)), MetadataOverride(key: "e", value: .text("x,y")),
            ])
    }

    @Test func `positions`() throws {
        let scaled = try commandLine("-m m --rope-scaling yarn --rope-scale 4 --yarn-orig-ctx 1024").positions
        #expect(scaled.method == .yarn && scaled.frequencyScale == 0.25 && scaled.originalTokens == 1024)
        #expect(scaled.stretch == 4)
        #expect(try commandLine("-m m --rope-freq-scale 0.5 --rope-freq-base 500000").positions.stretch == 2)
        #expect(try commandLine("-m m --rope-scaling none --rope-scale 4").positions.stretch == 1)
        let asModel = try commandLine("-m m --yarn-ext-factor -1 --yarn-beta-fast -1 --yarn-orig-ctx 0").positions
        #expect(asModel == PositionScaling())
    }

    @Test func `threads`() throws {
        let threads = try commandLine("-m m -C 1 -Cr 0-0 --cpu-strict 1 -Cb 0x1 --prio-batch 0").places
        #expect(threads.places?.mask == [1] && threads.places?.isStrict == true && threads.places?.priority == 0)
        #expect(threads.batchPlaces?.mask == [1] && threads.batchPlaces?.isStrict == true)
        let plain = try commandLine("-m m --numa isolate").places
        #expect(plain.places == nil && plain.batchPlaces == nil && plain.numa == .isolate)
    }

    @Test func `workers and sleep`() throws {
        let all = try commandLine("-m m --rpc a:1,[::1]:50052 --rpc-timeout 5 --sleep-idle-seconds 30")
        #expect(
            all.remote.endpoints.map(\.description) == ["a:1", "[::1]:50052"] && all.remote.patience == .seconds(5))
        #expect(all.sleepAfter == .seconds(30))
        #expect(try commandLine("-m m --sleep-idle-seconds -1").sleepAfter == nil)
    }

    @Test(arguments: [
        ("-ts 0,0", "not all of them 0"), ("-ts 1,,1", "separated by commas"), ("-ts -1", "0 to 1000000"),
        ("-ts 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "1 to 15"), ("-mg 16", "0 to 15"), ("-mg -1", "0 to 15"),
        ("-sm half", "one of none, layer, row, tensor"), ("-dev ,", "names of devices"), ("-ot =CPU", "PATTERN=DEVICE"),
        ("-ot blk", "PATTERN=DEVICE"), ("-ncmoe -1", "0 to 1000"), ("--override-kv a=int:x", "KEY=TYPE:VALUE"),
        ("--override-kv a=float:inf", "KEY=TYPE:VALUE"), ("--override-kv a=i8:1", "KEY=TYPE:VALUE"),
        ("--override-kv =int:1", "KEY=TYPE:VALUE"), ("--override-kv a=bool:1", "KEY=TYPE:VALUE"),
        ("-lzm maybe", "one of on, off, auto"), ("--numa mirror", "one of distribute, isolate, numactl"),
        ("-C 0", "hexadecimal"), ("-C xyz", "hexadecimal"), ("-Cr 3-1", "LO-HI"), ("-Cr -", "LO-HI"),
        ("-Cr 0-512", "0 to 511"), ("--cpu-strict 2", "0 or 1"), ("--prio 4", "-1 to 3"), ("--prio -2", "-1 to 3"),
        ("--rope-scale 0", "0.001"), ("--rope-scaling cubic", "one of none, linear, yarn"),
        ("--rope-freq-base -1", "0"),
        ("--yarn-ext-factor 2", "-1 to 1"), ("--rope-scale 2 --rope-freq-scale 0.5", "Leave one out"),
        ("--rpc h", "HOST:PORT"), ("--rpc h:0", "HOST:PORT"), ("--rpc h:65536", "HOST:PORT"),
        ("--rpc ::1:5", "HOST:PORT"),
        ("--rpc a:1,a:1", "twice"), ("--rpc-timeout 0", "1 to 86400"), ("--sleep-idle-seconds 0", "-1 (never)"),
        ("--sleep-idle-seconds 9999999", "604800"), ("-fa off -ctv q8_0", "--flash-attn"),
        ("-Cr 511-511", "no CPU that this process may run on"),
    ])
    func `a value that cannot be is refused with what is allowed`(line: String, part: String) {
        let text = refusal("-m m \(line)")
        #expect(text?.contains(part) == true, "\(text ?? "")")
    }

    @Test func `too many places for tensors are refused before loading`() {
        let many = (0..<5).map { _ in "-ncmoe 1000 -ncffn 1000" }.joined(separator: " ")
        #expect(throws: Never.self) { try commandLine("-m m \(many)") }
        let patterns = (0..<4096).map { "a\($0)=CPU" }.joined(separator: ",")
        #expect(refusal("-m m -ot \(patterns)")?.contains("4095") == true)
    }

    @Test(arguments: CacheType.allCases)
    func `a quantized cache of values needs flash attention, one of keys does not`(type: CacheType) throws {
        #expect(try commandLine("-m m -fa off -ctk \(type.rawValue)").computing.keyType == type)
        if type.isQuantized {
            #expect(refusal("-m m -fa off -ctv \(type.rawValue)")?.contains("f32, f16, bf16") == true)
        } else {
            #expect(try commandLine("-m m -fa off -ctv \(type.rawValue)").computing.valueType == type)
        }
        #expect(try commandLine("-m m -ctv \(type.rawValue)").computing.valueType == type)
    }
}

@Suite struct RPCWorkerArgumentsTests {
    private func worker(_ line: String) throws -> RPCWorkerArguments {
        let program = Program(name: "nexus", summary: "Tests.", commands: [EngineArguments.command])
        let words = ["engine", "--rpc-worker"] + line.split(separator: " ").map(String.init)
        guard case .command(let parsed) = try program.parse(words, environment: [:]) else {
            throw UsageError(problem: "help", hint: nil)
        }
        return try RPCWorkerArguments(parsed)
    }

    @Test func `a worker stays on this machine unless it is told twice`() throws {
        let plain = try worker("")
        #expect(plain.host == "127.0.0.1" && plain.port == 50_052 && plain.isLoopback && plain.devices == nil)
        #expect(try worker("--host localhost --port 0 -t 3 --device none").port == nil)
        #expect(try worker("--device none").devices == ["CPU"])
        #expect(throws: UsageError.self) { try worker("--host 0.0.0.0") }
        #expect(throws: UsageError.self) { try worker("--host example.org --rpc-open") }
        #expect(throws: UsageError.self) { try worker("--host ::1") }
        #expect(try worker("--host 0.0.0.0 --rpc-open").isLoopback == false)
    }
}
