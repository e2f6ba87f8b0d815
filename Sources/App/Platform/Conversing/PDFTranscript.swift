import Conversations
import Documents
import JSONText
import Synchronization
import Telemetry
import Vocabulary

/// A branch as a PDF: who said what, with its Markdown set. Made on a thread of its own.
enum PDFTranscript {
    /// Documents that are made at once.
    private static let runningMax = 3
    /// Bytes of the messages of one document.
    private static let textBytesMax = 32 << 20

    private static let running = Mutex(0)

    /// Writes a branch.
    ///
    /// - Parameters:
    ///   - conversation: whose title it has.
    ///   - messages: from the first to the last one.
    /// - Returns: the file.
    /// - Throws: `ServiceError` when it would be too large, or too many are being made.
    static func write(_ conversation: Conversation, _ messages: [Message]) async throws -> [UInt8] {
        guard messages.reduce(0, { $0 + $1.text.utf8.count }) <= textBytesMax else { throw tooLarge("32 MiB of text") }
        let isAllowed = running.withLock { count in
            guard count < runningMax else { return false }
            count += 1
            return true
        }
        guard isAllowed else {
            throw ServiceError(
                .overloaded, "\(runningMax) documents are being made already.", hint: "Try again shortly.",
                retryAfter: .seconds(2))
        }
        defer { running.withLock { $0 -= 1 } }
        let stop = StopFlag()
        return try await withTaskCancellationHandler {
            do {
                return try await BlockingWork.run {
                    try document(conversation, messages).write(isCancelled: { stop.isSet })
                }
            } catch DocumentError.tooManyPages(let most) {
                throw tooLarge("\(most) pages")
            } catch DocumentError.tooManyBytes(let most) {
                throw tooLarge("\(most >> 20) MiB")
            } catch let error as DocumentError {
                throw ServiceError(.internalError, "The PDF could not be made.", detail: error.description)
            }
        } onCancel: {
            stop.set()
        }
    }

    private static func tooLarge(_ bound: String) -> ServiceError {
        ServiceError(
            .invalidValue, "The conversation is too long for a PDF: it would have more than \(bound).",
            hint: "Export a branch with leaf=…, or take format=markdown.", parameter: "format")
    }

    private static func document(_ conversation: Conversation, _ messages: [Message]) -> PDFDocument {
        let title = conversation.title.isEmpty ? "Conversation" : conversation.title
        return PDFDocument(
            title: title,
            remark: "\(day(conversation.created)) – \(day(conversation.updated)) · \(messages.count) messages",
            created: UnixTime(nanoseconds: conversation.updated.rawValue * 1000).rfc3339,
            sections: messages.filter { $0.role != .tool || !$0.text.isEmpty }.map(section))
    }

    private static func day(_ moment: ConversationMoment) -> String {
        String(UnixTime(nanoseconds: moment.rawValue * 1000).rfc3339.prefix(10))
    }

    private static func section(_ message: Message) -> PDFDocument.Section {
        var blocks: [RichBlock] = []
        if let reasoning = message.reasoning, !reasoning.isEmpty {
            blocks.append(.quote([.paragraph(emphasised("Thinking"))] + MarkdownReader.plain(reasoning)))
        }
        blocks += MarkdownReader.read(message.text)
        let attached = (message.content.array ?? []).compactMap { $0["type"]?.string }.filter { $0 != "text" }
        if !attached.isEmpty { blocks.append(.paragraph(emphasised("Attached: \(attached.joined(separator: ", "))"))) }
        for call in message.toolCalls {
            let function = call["function"]
            blocks.append(.code("\(function?["name"]?.string ?? "")(\(function?["arguments"]?.string ?? ""))"))
        }
        let moment = UnixTime(nanoseconds: message.created.rawValue * 1000).rfc3339
        return PDFDocument.Section(
            heading: heading(message), remark: "\(moment.prefix(10)) \(moment.dropFirst(11).prefix(5))", blocks: blocks)
    }

    private static func emphasised(_ text: String) -> RichText {
        var line = RichText(text)
        line.mark(.italic, from: 0)
        return line
    }

    private static func heading(_ message: Message) -> String {
        switch message.role {
        case .user: "You"
        case .assistant: message.model ?? "Assistant"
        case .system, .developer: "System"
        case .tool: "Tool"
        }
    }
}

/// Tells a thread that nobody waits for it any more.
private final class StopFlag: Sendable {
    private let flag = Mutex(false)
    var isSet: Bool { flag.withLock(\.self) }
    func set() { flag.withLock { $0 = true } }
}
