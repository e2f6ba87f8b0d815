import Foundation
import GGUF

/// Makes one of the benchmark's models in a folder, unless it is there, and prints its path:
///
///     bench-model FOLDER [plain|copying|draft|poor-draft|large]
guard (2...3).contains(CommandLine.arguments.count),
    let shape = ModelShape.named[CommandLine.arguments.dropFirst(2).first ?? "plain"]
else {
    FileHandle.standardError.write(Data("usage: bench-model FOLDER [plain|copying|draft|poor-draft|large]\n".utf8))
    exit(64)
}
let folder = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
let target = folder.appendingPathComponent(shape.fileName)
if !FileManager.default.fileExists(atPath: target.path) {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // One rename at the end, so that a half-written file is never taken for a model.
    let unfinished = folder.appendingPathComponent("\(shape.fileName).\(getpid())")
    try write(shape, to: unfinished)
    guard rename(unfinished.path, target.path) == 0 else {
        throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: target.path])
    }
}
try FileHandle.standardOutput.write(contentsOf: Data("\(target.path)\n".utf8))

func write(_ shape: ModelShape, to file: URL) throws {
    var writer = try GGUFWriter()
    try shape.describe(in: &writer)
    try SyllableVocabulary.describe(in: &writer)
    try shape.addTensors(to: &writer)
    try Data().write(to: file)
    let handle = try FileHandle(forWritingTo: file)
    do {
        try writer.write { piece in try handle.write(contentsOf: piece) }
        try handle.close()
    } catch {
        try FileManager.default.removeItem(at: file)
        throw error
    }
}
