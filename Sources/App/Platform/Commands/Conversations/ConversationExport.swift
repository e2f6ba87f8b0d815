import Configuration
import Foundation
import JSONText
import Launch
import Vocabulary

/// `nexus conversations export`: one conversation, or all of them, as files.
enum ConversationExport {
    /// Of one conversation as a file.
    private static let bytesMax = 512 << 20
    /// Conversations that are asked for at once.
    private static let pageCount = 500

    private static let id = CommandOption<String>("id", .text("ID", bytesMax: 64), "This conversation.")
    private static let isAll = CommandOption<Bool>(
        "all", .flag, "All of them, those in the archive, too; temporary ones are not kept and not exported.")
    private static let format = CommandOption<String>(
        "format", .text("FORMAT", bytesMax: 16),
        "json (default: all branches, as it can be imported), markdown or pdf (the branch that is shown).")
    private static let folder = CommandOption<String>(
        "output", .path("DIRECTORY"),
        "Where the files go, made where it is missing; left out, one conversation goes to standard output.")

    static let command = AdminCommand(
        "conversations export", "Write conversations as JSON, Markdown or PDF.",
        options: [id.declared, isAll.declared, format.declared, folder.declared]
    ) { call in
        let ending = try ending(of: call.parsed[format] ?? "json")
        let folder = call.parsed[folder]
        switch (call.parsed[id], call.parsed[isAll]) {
        case (let id?, false):
            guard let folder else {
                guard ending != "pdf" || !call.output.isTerminal else { throw needsFolder("A PDF is nothing to read") }
                return call.output.write(try await file(of: id, call))
            }
            let conversation = try await call.admin.get("/api/v1/conversations/\(AdminClient.escaped(id))")
            try await write([conversation], into: folder, ending, call)
        case (nil, true):
            guard let folder else { throw needsFolder("Several conversations are several files") }
            try await write(try await everything(call), into: folder, ending, call)
        default:
            throw ServiceError(
                .invalidValue, "Say which conversations: either --id ID or --all.",
                hint: "`nexus conversations list` shows their ids.")
        }
    }

    private static func ending(of format: String) throws -> String {
        switch format {
        case "json", "pdf": return format
        case "markdown": return "md"
        default:
            throw ServiceError(
                .invalidValue, "'\(format)' is no format of an export.", hint: "Formats: json, markdown, pdf.")
        }
    }

    private static func needsFolder(_ why: String) -> ServiceError {
        ServiceError(.invalidValue, "\(why).", hint: "Name a folder for the files: --output DIRECTORY.")
    }

    private static func file(of id: String, _ call: AdminCall) async throws -> [UInt8] {
        try await call.admin.bytes(
            "/api/v1/conversations/\(AdminClient.escaped(id))/export", query: ["format": call.parsed[format]],
            countMax: bytesMax)
    }

    /// All conversations, each once: what is used meanwhile moves to the front, which was read already.
    private static func everything(_ call: AdminCall) async throws -> [JSONValue] {
        var found: [JSONValue] = []
        var seen: Set<String> = []
        for archived in ["false", "true"] {
            var before: Int64?
            while true {
                let page = try await call.admin.get(
                    "/api/v1/conversations",
                    query: [
                        "archived": archived, "limit": String(pageCount), "before_us": before.map { String($0) },
                    ])
                let conversations = page["conversations"]?.array ?? []
                let new = conversations.filter { seen.insert($0["id"]?.string ?? "").inserted }
                found += new
                guard page["has_more"]?.bool == true, let last = conversations.last?["updated_us"]?.integer else {
                    break
                }
                // Several may have been used in one microsecond, half of them on this page.
                before = new.isEmpty ? last : last + 1
            }
        }
        return found
    }

    private static func write(
        _ conversations: [JSONValue], into folder: String, _ ending: String, _ call: AdminCall
    ) async throws {
        let place = URL(filePath: folder, directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        var files: [JSONValue] = []
        for conversation in conversations {
            let id = conversation["id"]?.string ?? ""
            let name = fileName(title: conversation["title"]?.string ?? "", id: id, ending: ending)
            let bytes = try await file(of: id, call)
            do {
                try Data(bytes).write(to: place.appending(path: name), options: .withoutOverwriting)
            } catch CocoaError.fileWriteFileExists {
                throw ServiceError(
                    .conflict, "\(place.appending(path: name).path) is there already.",
                    hint: "Name another folder; nothing is written over. \(files.count) files were written before it.")
            }
            files.append([
                "conversation": .string(id), "title": conversation["title"] ?? "", "file": .string(name),
                "bytes": .whole(bytes.count),
            ])
        }
        call.show(["folder": .string(place.path), "files": .array(files)]) { _ in table(files, place, call.output) }
    }

    /// Letters and digits of the title that no shell minds, and the id, by which no two are the same.
    static func fileName(title: String, id: String, ending: String) -> String {
        let letters = title.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let words = String(letters.prefix(60)).split(separator: "-").map(String.init)
        return (words + [id]).joined(separator: "-") + "." + ending
    }

    private static func table(_ files: [JSONValue], _ place: URL, _ output: StandardStream) -> String {
        guard !files.isEmpty else { return "There are no conversations, and nothing was written.\n" }
        var table = TextTable(.left("FILE"), .right("SIZE"), .left("TITLE"))
        for file in files {
            table.add([
                .init(file["file"]?.string ?? "", .bold), .init(PlainText.bytes(file["bytes"]?.integer ?? 0)),
                .init(file["title"]?.string ?? ""),
            ])
        }
        let count = files.count == 1 ? "1 file is" : "\(files.count) files are"
        return table.text(for: output) + PlainText.safe("\(count) in \(place.path).") + "\n"
    }
}
