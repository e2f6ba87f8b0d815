import Testing
import Vocabulary

@testable import Inference

@Suite struct MediaMarksTests {
    private func image(_ number: UInt8) -> MediaPart { MediaPart(.image, .bytes([number]), field: "image \(number)") }

    private func message(_ parts: ContentPart...) -> ChatMessage {
        var message = ChatMessage(.user, "")
        message.content = parts
        return message
    }

    @Test func `images come through a template to where they were`() throws {
        let messages = [
            message(.text("one "), .media(image(1)), .text(" two")), ChatMessage(.assistant, "fine"),
            message(.media(image(2)), .media(image(3))),
        ]
        let marked = MediaMarks.marked(messages)
        #expect(marked.media == [image(1), image(2), image(3)])
        #expect(marked.messages.allSatisfy { !$0.hasMedia })
        let rendered = marked.messages.map { "<\($0.text)>" }
        let parts = try MediaMarks.parts(of: rendered, marked.media)
        #expect(
            parts == [
                .text("<one "), .media(image(1)), .text(" two>"), .text("<fine>"), .text("<"), .media(image(2)),
                .media(image(3)), .text(">"),
            ])
        #expect(MediaMarks.shown(rendered.joined()) == "<one <__media__> two><fine><<__media__><__media__>>")
    }

    @Test func `a template that loses or doubles an image is refused`() {
        let marked = MediaMarks.marked([message(.text("a"), .media(image(1)))])
        let text = marked.messages[0].text
        for pieces in [["nothing"], [text, text], ["\u{F4D05}" + text]] {
            #expect { try MediaMarks.parts(of: pieces, marked.media) } throws: {
                ($0 as? ServiceError)?.parameter == "image 1"
            }
        }
    }

    @Test func `text that is added to a message goes behind its images`() {
        var message = message(.text("a"), .media(image(1)), .text("b"))
        #expect(message.text == "ab")
        message.text += "c"
        #expect(message.content == [.text("a"), .media(image(1)), .text("b"), .text("c")])
        message.text = "new"
        #expect(message.content == [.media(image(1)), .text("new")])
        var plain = ChatMessage(.user, "x")
        plain.text = ""
        #expect(plain.content.isEmpty && plain == ChatMessage(.user, ""))
    }
}
