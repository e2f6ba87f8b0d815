import Foundation
import GGUF
import Testing

@testable import ModelFormats

@Suite struct FilesOnDiskTests {
    private func withFolder(_ work: (String) throws -> Void) throws {
        let folder = URL.temporaryDirectory.appending(path: "formats-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try work(folder)
    }

    private func write(_ small: FolderInMemory, to folder: String) throws {
        for (name, bytes) in small.files { try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)")) }
    }

    @Test func `a folder becomes a file, and nothing else is left`() throws {
        try withFolder { folder in
            let small = SmallCheckpoint.encoder()
            try write(small, to: folder)
            let conversion = try CheckpointConversion(try FolderOnDisk(path: folder), as: .f32, named: "small")
            let path = "\(folder)/out.gguf"
            try conversion.write(toFile: path)
            #expect(try Array(Data(contentsOf: URL(filePath: path))) == converted(small).bytes)
            #expect(!FileManager.default.fileExists(atPath: path + ".part"))
            #expect(refusal { try conversion.write(toFile: path) }?.found == "a file is there already")
            try conversion.write(toFile: path, replaces: true)
            let summary = try ModelFormats.summary(atPath: path)
            #expect(summary.format == .gguf && summary.architecture == "bert" && summary.license == "apache-2.0")
        }
    }

    @Test func `a conversion that is ended leaves nothing`() throws {
        try withFolder { folder in
            let conversion = try CheckpointConversion(SmallCheckpoint.encoder(), as: .f32)
            #expect(throws: CancellationError.self) {
                try conversion.write(toFile: "\(folder)/out.gguf") { progress in
                    if progress.bytesDone > 500 { throw CancellationError() }
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            // What a killed program left is taken over.
            try Data(repeating: 1, count: 1 << 20).write(to: URL(filePath: "\(folder)/out.gguf.part"))
            try conversion.write(toFile: "\(folder)/out.gguf")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out.gguf"])
        }
    }

    @Test func `two writers of one file, a missing folder and too little room are refused`() throws {
        try withFolder { folder in
            let path = "\(folder)/a.gguf"
            let first = try PartFile(path: path, byteCount: 1, replaces: false)
            #expect(refusal { _ = try PartFile(path: path, byteCount: 1, replaces: false) }?.kind == .unwritable)
            try first.write([1])
            try first.finish()
            #expect(
                refusal { _ = try PartFile(path: "\(folder)/b/c", byteCount: 1, replaces: true) }?.kind == .unwritable)
            let large = refusal { _ = try PartFile(path: "\(folder)/d", byteCount: 1 << 62, replaces: true) }
            #expect(large?.field == "size")
            #expect(refusal { _ = try PartFile(path: folder, byteCount: 1, replaces: true) }?.kind == .unwritable)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.gguf"])
        }
    }

    @Test func `loops of links, folders in place of files and missing folders are refused`() throws {
        try withFolder { folder in
            try write(SmallCheckpoint.encoder(), to: folder)
            let weights = "\(folder)/model.safetensors"
            try FileManager.default.removeItem(atPath: weights)
            try FileManager.default.createSymbolicLink(atPath: weights, withDestinationPath: weights)
            let disk = try FolderOnDisk(path: folder)
            #expect(refusal { _ = try CheckpointConversion(disk, as: .f32) }?.kind == .unreadable)
            try FileManager.default.removeItem(atPath: weights)
            try FileManager.default.createDirectory(atPath: weights, withIntermediateDirectories: false)
            #expect(refusal { _ = try CheckpointConversion(disk, as: .f32) }?.kind == .unreadable)
            let loop = "\(folder)/loop"
            try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
            #expect(refusal { _ = try FolderOnDisk(path: loop) }?.kind == .unreadable)
            #expect(refusal { _ = try FolderOnDisk(path: "\(folder)/none") }?.kind == .unreadable)
            #expect(refusal { _ = try FolderOnDisk(path: "\(folder)/config.json") }?.found == "a file")
        }
    }

    @Test func `a folder tells what it has, and other files are no models`() throws {
        try withFolder { folder in
            try write(SmallCheckpoint.decoder("Qwen2ForCausalLM"), to: folder)
            let summary = try ModelFormats.summary(atPath: folder)
            #expect(summary.format == .safetensors && summary.architecture == "Qwen2ForCausalLM")
            #expect(summary.blockCount == 2 && summary.vocabularySize == 12 && summary.tokenizer == "BPE")
            #expect(summary.tensorTypes.map(\.label) == ["F32"] && summary.quantization == "F32")
            let file = try ModelFormats.summary(atPath: "\(folder)/model.safetensors")
            #expect(file.parameterCount == summary.parameterCount && file.architecture == nil)
            let error = refusal { _ = try ModelFormats.summary(atPath: "\(folder)/config.json") }
            #expect(error?.kind == .unknownFormat)
            #expect(refusal { _ = try ModelFormats.summary(atPath: "\(folder)/none") }?.kind == .unreadable)
        }
    }
}
