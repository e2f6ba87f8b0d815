import Synchronization
import Testing

@testable import LlamaRuntime

@Suite struct QuantizerLogTests {
    /// Lines as llama.cpp writes them, in pieces.
    @Test func `a tensor's step is told when its line begins, and once`() {
        let steps = Steps()
        let log = QuantizerLog { steps.add($0) }
        log.take(
            .info, "[   1/  47]                   output_norm.weight - [   160,     1,     1,     1], type =    f32, ")
        log.take(.info, "size =    0.001 MiB\n")
        log.take(
            .info, "[   2/  47]                    token_embd.weight - [   160,  1536,     1,     1], type =   q8_0, ")
        log.take(.info, "converting to q4_0 .. ")
        log.take(.info, "size =     0.25 MiB ->     0.13 MiB\n")
        #expect(steps.all == ["1/47 output_norm.weight", "2/47 token_embd.weight"])
    }

    @Test func `sizes, reasons and the need of a matrix are understood`() {
        let log = QuantizerLog()
        log.take(.info, "llama_model_quantize_impl: model size  =     2.13 MiB (10.00 BPW)\n")
        #expect(log.resultBytes == nil && log.failure == nil)
        log.take(.info, "llama_model_quantize_impl: quant size  =     1.50 MiB (5.00 BPW)\n")
        #expect(log.resultBytes == 1_572_864)
        log.take(.error, "llama_model_quantize: failed to quantize: no such tensor\n")
        #expect(log.failure == "failed to quantize: no such tensor")
        log.forget()
        #expect(log.resultBytes == nil && log.failure == nil && !log.needsImportance)
    }

    @Test(arguments: ["", "[", "[1/2]", "[a/b] x - [1]", "[ 1/ 2] - [1]", "[1/2/3] x - [1]", "x [1/2] y - ["])
    func `other lines are no steps`(line: String) { #expect(QuantizerLog.step(line) == nil) }
}

private final class Steps: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ step: QuantizerLog.Step) { names.withLock { $0.append("\(step.index)/\(step.count) \(step.name)") } }
}
