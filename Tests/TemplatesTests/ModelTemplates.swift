import Foundation
import JSONText
import Templates
import Testing

/// Chat templates of real models and what Hugging Face's set-up of jinja2 makes of them. They are not part of the
/// repository: they lie beside it, when they are there at all.
enum ModelTemplates {
    struct Case: Sendable, CustomTestStringConvertible {
        let template: String
        let name: String
        let output: String?
        var testDescription: String { "\(template) \(name)" }
    }

    static let folder: URL? = {
        var directory = URL(filePath: #filePath).deletingLastPathComponent()
        while directory.path != "/" {
            let candidate = directory.appending(path: "shared/data/templates")
            if FileManager.default.fileExists(atPath: candidate.appending(path: "expected.json").path) {
                return candidate
            }
            directory.deleteLastPathComponent()
        }
        return nil
    }()

    private static let expected: JSONValue = {
        guard let folder, let data = try? Data(contentsOf: folder.appending(path: "expected.json")) else { return [] }
        return (try? JSONValue.parse(data)) ?? []
    }()

    static let cases: [Case] = (expected["results"]?.array ?? []).map { result in
        Case(
            template: result["template"]?.string ?? "", name: result["case"]?.string ?? "",
            output: result["output"]?.string)
    }

    static let now = LocalTime(secondsSinceEpoch: 1_767_323_045)

    static func source(_ name: String) throws -> String {
        guard let folder else { return "" }
        return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    static var names: [String] { Array(Set(cases.map(\.template))).sorted() }

    static func context(_ name: String) -> JSONObject {
        var context = expected["cases"]?[name]?.object ?? [:]
        context["bos_token"] = expected["bos_token"]
        context["eos_token"] = expected["eos_token"]
        return context
    }
}
