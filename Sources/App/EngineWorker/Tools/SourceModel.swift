import Foundation
import GGUF
import Vocabulary

/// The model that is to be quantised: one file, or the parts of one, with every header checked.
struct SourceModel {
    /// Of all parts.
    let tensors: [GGUFTensor]
    /// Bytes of all parts.
    let byteCount: UInt64
    /// Bytes of the first part before its tensors: the others have hardly any.
    let headerBytes: UInt64
    /// "F16", as the file says or as most of its tensors are.
    let typeLabel: String?
    private let marks: [(path: String, mark: FileMark)]

    /// - Throws: `ServiceError`, `GGUFError`.
    init(_ path: String) throws {
        let first = try EngineTools.header(path)
        let count = first.metadata["split.count"]?.integer ?? 1
        var marks: [(path: String, mark: FileMark)] = [(path, try FileMark(path))]
        var (tensors, byteCount) = (first.tensors, first.byteCount)
        if count > 1 {
            for part in try Self.otherParts(of: path, count: Int(count)) {
                let file = try EngineTools.header(part)
                marks.append((part, try FileMark(part)))
                tensors += file.tensors
                byteCount += file.byteCount
            }
        }
        guard !tensors.isEmpty else {
            throw ServiceError(.invalidValue, "\(path) has no weights.", hint: "Give a model, not a vocabulary.")
        }
        self.tensors = tensors
        self.byteCount = byteCount
        self.marks = marks
        headerBytes = first.dataOffset
        typeLabel = first.summary.quantization
    }

    /// Whether some of its weights are in few bits already.
    var isQuantized: Bool { tensors.contains { $0.type.isQuantized } }

    /// Whether the files are still those that were looked at.
    var isUnchanged: Bool {
        get throws { try marks.allSatisfy { try FileMark($0.path) == $0.mark } }
    }

    /// A model of more parts than anybody makes is none.
    private static let partsMax = 1_000

    /// Source: `llama_split_path` of llama.cpp: `name-00001-of-00003.gguf`.
    private static func otherParts(of path: String, count: Int) throws(ServiceError) -> [String] {
        func name(_ number: Int) -> String { "-\(fiveDigits(number))-of-\(fiveDigits(count)).gguf" }
        guard count <= partsMax, path.hasSuffix(name(1)) else {
            throw ServiceError(
                .invalidValue, "\(path) is not the first of the \(count) parts of its model.",
                hint: "Name the file that ends with -00001-of-….gguf.")
        }
        let base = path.dropLast(name(1).count)
        return (2...count).map { base + name($0) }
    }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
