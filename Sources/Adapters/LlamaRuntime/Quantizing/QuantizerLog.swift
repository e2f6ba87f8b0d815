import Synchronization

/// Understands what llama.cpp's quantiser tells while it works: it has no other way to say how far it is.
public final class QuantizerLog: Sendable {
    /// The tensor that is being computed: `index` is 1 for the first.
    public struct Step: Sendable, Equatable {
        public let index: Int
        public let count: Int
        public let name: String
    }

    fileprivate struct Contents {
        var line = ""
        var errors: [String] = []
        var resultMebibytes: Double?
        var needsImportance = false
        var step: Step?
    }

    /// Characters of a line, and errors, that are kept.
    private static let lineMax = 4_096
    fileprivate static let errorsMax = 20

    private let contents = Mutex(Contents())
    private let onStep: @Sendable (Step) -> Void

    /// - Parameter onStep: called when the quantiser begins with a tensor, on its thread.
    public init(onStep: @escaping @Sendable (Step) -> Void = { _ in }) { self.onStep = onStep }

    /// Takes a piece of the log, as ``LlamaLog`` gives it.
    public func take(_ level: LlamaLog.Level, _ text: String) {
        let steps = contents.withLock { contents in
            var steps: [Step] = []
            if level == .error { contents.addError(text) }
            for character in text {
                if character == "\n" {
                    contents.endLine()
                    contents.line = ""
                } else if contents.line.count < Self.lineMax {
                    contents.line.append(character)
                }
            }
            // The line of a tensor ends only when it is done.
            if let step = Self.step(contents.line), step != contents.step {
                contents.step = step
                steps.append(step)
            }
            return steps
        }
        for step in steps { onStep(step) }
    }

    /// What llama.cpp said of the failure, without its function's name.
    var failure: String? {
        contents.withLock { contents in
            let line = contents.errors.last { $0.contains("failed to quantize") } ?? contents.errors.last
            return line.map { $0.split(separator: ": ").dropFirst().joined(separator: ": ") }
        }
    }

    var resultBytes: UInt64? { contents.withLock { $0.resultMebibytes.map { UInt64($0 * 1_048_576) } } }
    var needsImportance: Bool { contents.withLock { $0.needsImportance } }

    func forget() { contents.withLock { $0 = Contents() } }

    /// `[   3/  57] blk.0.attn_k.weight                 - [ 64, …`
    static func step(_ line: String) -> Step? {
        guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return nil }
        let numbers = line[line.index(after: line.startIndex)..<end].split(separator: "/")
            .compactMap { Int($0.trimmed) }
        let name = line[line.index(after: end)...].trimmed.prefix { $0 != " " }
        guard numbers.count == 2, !name.isEmpty, name != "-", line.contains(" - [") else { return nil }
        return Step(index: numbers[0], count: numbers[1], name: String(name))
    }
}

extension QuantizerLog.Contents {
    fileprivate mutating func addError(_ text: String) {
        let line = text.trimmed
        guard !line.isEmpty, !line.allSatisfy({ $0 == "=" }) else { return }
        if errors.count == QuantizerLog.errorsMax { errors.removeFirst() }
        errors.append(String(line))
    }

    /// `llama_model_quantize_impl: quant size  =    12.34 MiB (4.50 BPW)`
    fileprivate mutating func endLine() {
        if line.contains("will require an imatrix") { needsImportance = true }
        guard line.contains("quant size"), let equals = line.firstIndex(of: "=") else { return }
        resultMebibytes = Double(line[line.index(after: equals)...].trimmed.prefix { $0 != " " })
    }
}

extension StringProtocol {
    fileprivate var trimmed: SubSequence {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
        return self[start..<end]
    }
}
