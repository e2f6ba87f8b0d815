import Hardware
import Testing

@Suite struct ProcessorTextTests {
    @Test func `a real processor is read`() {
        let processor = ProcessorText.processor(cpuinfo: RealMachine.cpuinfo, architecture: "x86_64")
        #expect(processor.model == "AMD EPYC")
        #expect(processor.threads == 2)
        #expect(processor.cores == 2)
        #expect(processor.sockets == 1)
        #expect(processor.hasSMT == false)
        #expect(
            processor.features == [
                .sse3, .ssse3, .avx, .avx2, .fma, .f16c, .bmi2, .avxVNNI, .avx512, .avx512VBMI, .avx512VNNI,
                .avx512BF16,
            ])
        #expect(ProcessorText.isVirtual(cpuinfo: RealMachine.cpuinfo))
    }

    @Test func `a text that was cut off is read as far as it goes, wherever it was cut`() {
        for count in stride(from: 0, through: RealMachine.cpuinfo.utf8.count, by: 7) {
            let text = String(decoding: RealMachine.cpuinfo.utf8.prefix(count), as: UTF8.self)
            let processor = ProcessorText.processor(cpuinfo: text)
            #expect((processor.threads ?? 0) <= 2)
            #expect((processor.cores ?? 0) <= (processor.threads ?? 0))
        }
    }

    @Test func `an Arm server is read`() {
        let text = """
            processor\t: 0
            Features\t: fp asimd aes atomics fphp asimdhp asimddp sve i8mm bf16
            CPU implementer\t: 0x41
            CPU part\t: 0xd40

            processor\t: 1
            Features\t: fp asimd aes atomics fphp asimdhp asimddp sve i8mm bf16
            CPU implementer\t: 0x41
            CPU part\t: 0xd40
            """
        let processor = ProcessorText.processor(cpuinfo: text)
        #expect(processor.model == "ARM Neoverse-V1")
        #expect(processor.features == [.neon, .fp16, .dotProduct, .int8Matrix, .bf16, .sve])
        #expect(processor.threads == 2)
        #expect(processor.cores == nil)
        let unknown = ProcessorText.processor(cpuinfo: "processor: 0\nCPU implementer: 0xc0\nCPU part: 0xac3")
        #expect(unknown.model == "Ampere, part 0xac3")
    }

    @Test func `a RISC-V processor with vectors is told from one without`() {
        #expect(ProcessorText.processor(cpuinfo: "processor: 0\nisa: rv64imafdcv_zicsr").features == [.riscvVector])
        #expect(ProcessorText.processor(cpuinfo: "processor: 0\nisa: rv64imafdc_zve32").features.isEmpty)
    }

    @Test(arguments: ["", "\0\0\0", "processor", "flags avx2", "processor: x\nflags : avx2", ":::\n:"])
    func `what is no such text has no processors`(text: String) {
        #expect(ProcessorText.processor(cpuinfo: text).threads == nil)
    }

    @Test func `threads of one core are one core`() {
        let topology = ProcessorText.Topology(
            siblings: ["0,4\n", "1,5\n", "0,4\n", "1,5\n"], packages: ["0", "1", "0", "1"])
        #expect(topology?.threads == 4)
        #expect(topology?.cores == 2)
        #expect(topology?.sockets == 2)
        #expect(ProcessorText.Topology(siblings: ["0", ""]) == nil)
        #expect(ProcessorText.Topology(siblings: ["0", "x"]) == nil)
    }

    @Test func `a cache that threads share is counted once`() {
        func text(_ level: String, _ type: String, _ size: String, _ sharing: String) -> ProcessorText.CacheText {
            ProcessorText.CacheText(level: level, type: type, size: size, sharedBy: sharing)
        }
        let caches = ProcessorText.caches([
            text("1", "Data\n", "48K\n", "0"), text("1", "Data", "48K", "1"), text("3", "Unified", "32768K", "0-1"),
            text("3", "Unified", "32768K", "0-1"), text("9", "Unified", "1K", "0"), text("2", "Unified", "-1K", "0"),
            text("2", "Unified", "99999999999999999999K", "0"), text("2", "Odd", "1K", "0"),
        ])
        #expect(
            caches == [
                Processor.Cache(level: 1, kind: .data, bytes: 48 << 10, count: 2),
                Processor.Cache(level: 3, kind: .unified, bytes: 32 << 20, count: 1),
            ])
        #expect(Processor(caches: caches).lastCacheBytes == 32 << 20)
    }
}

@Suite struct ProcessorSetTests {
    @Test(arguments: [
        ("0-3,8", [0, 1, 2, 3, 8]), ("", []), (" 5\n", [5]), ("0-7:2/4", [0, 1, 4, 5]), ("3-3", [3]),
        ("1,1,0-1", [0, 1]),
    ])
    func `lists are read`(text: String, numbers: [Int]) { #expect(ProcessorSet(list: text)?.numbers == numbers) }

    @Test(arguments: [
        "-1", "3-1", "0-", "a", "0,,1", "0-99999999", "1:2/3:4", "0-7:5/4", "0-7:1/0", "+1", "0-1-2",
        "99999999999999999999",
    ])
    func `what is no list is refused`(text: String) { #expect(ProcessorSet(list: text) == nil) }

    @Test func `masks are read, the highest word first`() {
        #expect(ProcessorSet(mask: "1,00000003")?.numbers == [0, 1, 32])
        #expect(ProcessorSet(mask: "0")?.count == 0)
        for text in ["", "x", "123456789", "1,,1"] { #expect(ProcessorSet(mask: text) == nil) }
        #expect(ProcessorSet(mask: String(repeating: "0,", count: 5_000) + "1") == nil)
    }

    @Test func `a list is written as it is read`() {
        for text in ["0-3,8,10-11", "0", ""] { #expect(ProcessorSet(list: text)?.text == text) }
    }
}
