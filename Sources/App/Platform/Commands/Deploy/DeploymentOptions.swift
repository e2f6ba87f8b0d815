import Configuration
import Foundation
import JSONText
import Launch
import ModelCatalog

/// What is said on a command line of a deployment's configuration, as the body that the API takes.
enum DeploymentOptions {
    private static let url = CommandOption<String>("url", .httpURL, "A server elsewhere that speaks OpenAI's API.")
    private static let command = CommandOption<String>(
        "run", .text("COMMAND", bytesMax: 16_384),
        "A program that speaks OpenAI's API on ${PORT}; ${MODEL} and ${NAME} are filled in, too.")
    private static let image = CommandOption<String>("image", .text("IMAGE", bytesMax: 512), "A container's image.")
    private static let context = CommandOption<Int>(
        "context-tokens", short: "c", .integer(in: 16...16_777_216), "Tokens of one conversation.")
    private static let parallel = CommandOption<Int>("parallel", .integer(in: 1...256), "Answers at the same time.")
    private static let replicas = CommandOption<Int>("replicas", .integer(in: 1...16), "Equal servers side by side.")
    private static let keepAlive = CommandOption<String>(
        "keep-alive", .text("TIME", bytesMax: 64), "How long it stays in memory unused: 5m, 1h, -1 for ever.")
    private static let isPinned = CommandOption<Bool>("pinned", .flag, "It never leaves memory to make room.")
    private static let fallback = CommandOption<String>(
        "fallback", .text("NAME", bytesMax: 128), "A deployment that answers when this one cannot; may be repeated.")
    private static let alias = CommandOption<String>(
        "alias", .text("NAME", bytesMax: 128), "A further name that requests may use; may be repeated.")
    private static let member = CommandOption<String>(
        "set", .text("MEMBER=VALUE", bytesMax: 65_536),
        "Any member of the configuration, as JSON or text: --set priority=high; may be repeated.")
    static let note = CommandOption<String>("note", .text("TEXT", bytesMax: 1_000), "Why, for the history.")

    static let declared: [DeclaredOption] = [
        url.declared, command.declared, image.declared, context.declared, parallel.declared, replicas.declared,
        keepAlive.declared, isPinned.declared, fallback.declared, alias.declared, member.declared, note.declared,
    ]

    /// The members that were given.
    ///
    /// - Parameter parsed: the command line.
    /// - Returns: members of the body, without a name.
    /// - Throws: `UsageError` for what no body can hold.
    static func members(_ parsed: ParsedCommand) throws(UsageError) -> JSONObject {
        var body = JSONObject()
        if let url = parsed[url] {
            body["kind"] = "remote"
            body["url"] = .string(url)
        }
        if let text = parsed[command] {
            guard let words = LlamaSwapFile.words(of: text), !words.isEmpty else {
                throw UsageError(problem: "--run has a quote that is not closed.", hint: nil)
            }
            body["kind"] = "command"
            body["command"] = .array(words.map(JSONValue.string))
        }
        if let image = parsed[image] {
            body["kind"] = "container"
            body["image"] = .string(image)
        }
        body["context_tokens"] = parsed[context].map(JSONValue.whole)
        body["parallel"] = parsed[parallel].map(JSONValue.whole)
        body["replicas"] = parsed[replicas].map(JSONValue.whole)
        body["keep_alive"] = parsed[keepAlive].map(JSONValue.string)
        if let isPinned = parsed.given(isPinned) { body["pinned"] = .bool(isPinned) }
        let behind = parsed.all(fallback)
        if !behind.isEmpty { body["fallback"] = .array(behind.map(JSONValue.string)) }
        let names = parsed.all(alias)
        if !names.isEmpty { body["aliases"] = .array(names.map(JSONValue.string)) }
        for text in parsed.all(member) {
            guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                throw UsageError(problem: "--set needs MEMBER=VALUE, not '\(text)'.", hint: nil)
            }
            body[String(text[..<mark])] = value(String(text[text.index(after: mark)...]))
        }
        body["note"] = parsed[note].map(JSONValue.string)
        return body
    }

    /// JSON where it is that, else a text.
    private static func value(_ text: String) -> JSONValue {
        do { return try JSONValue.parse(text) } catch { return .string(text) }
    }

    /// A file where one lies, from the root, as the server may run anywhere; else the name that was given.
    static func model(_ text: String) -> String {
        let path = URL(filePath: text).standardizedFileURL.path
        return FileManager.default.fileExists(atPath: path) ? path : text
    }
}
