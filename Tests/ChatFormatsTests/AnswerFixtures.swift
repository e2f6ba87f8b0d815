import ChatFormats
import JSONText
import TestRandomness
import Testing
import Vocabulary

/// An answer as a model writes it, and what it holds.
struct AnswerFixture: Sendable, CustomTestStringConvertible {
    var name: String
    var format: ChatFormat
    var answer: String
    var opening = AnswerOpening.undecided
    var reasoning = ""
    var text = ""
    var calls: [FoundCall] = []
    var warnings: [GenerationWarning.Code] = []

    init(
        _ name: String, _ format: ChatFormat, _ answer: String, opening: AnswerOpening = .undecided,
        reasoning: String = "", text: String = "", calls: [FoundCall] = [],
        warnings: [GenerationWarning.Code] = []
    ) {
        self.name = name
        self.format = format
        self.answer = answer
        self.opening = opening
        self.reasoning = reasoning
        self.text = text
        self.calls = calls
        self.warnings = warnings
    }

    var testDescription: String { "\(format.name): \(name)" }
    var setup: ParserSetup { ParserSetup(tools: OfferedFunctions.all, opening: opening) }
}

struct FoundCall: Sendable, Equatable {
    var name: String
    var arguments: String
    var id: String?

    init(_ name: String, _ arguments: String, id: String? = nil) {
        self.name = name
        self.arguments = arguments
        self.id = id
    }
}

/// What an answer's pieces say together.
struct Reading: Equatable {
    var reasoning = ""
    var text = ""
    var calls: [FoundCall] = []
    var warnings: [GenerationWarning.Code] = []
    /// Everything but the warnings, in order.
    var everything = ""

    init(_ pieces: [AnswerPiece]) {
        for piece in pieces {
            switch piece {
            case .reasoning(let part):
                reasoning += part
                everything += part
            case .text(let part):
                text += part
                everything += part
            case .callStarted(let index, let name, let id):
                precondition(index == calls.count, "calls are counted from 0")
                calls.append(FoundCall(name, "", id: id))
                everything += name
            case .callArguments(let index, let part):
                precondition(index == calls.count - 1, "arguments belong to the last call")
                calls[index].arguments += part
                everything += part
            case .warning(let warning): warnings.append(warning.code)
            }
        }
    }
}

/// Pieces with neighbours of one kind joined.
func joined(_ pieces: [AnswerPiece]) -> [AnswerPiece] {
    var result: [AnswerPiece] = []
    for piece in pieces {
        switch (result.last, piece) {
        case (.text(let before), .text(let part)): result[result.count - 1] = .text(before + part)
        case (.reasoning(let before), .reasoning(let part)): result[result.count - 1] = .reasoning(before + part)
        case (.callArguments(let first, let before), .callArguments(let index, let part)) where first == index:
            result[result.count - 1] = .callArguments(index: index, before + part)
        default: result.append(piece)
        }
    }
    return result
}

extension ChatFormat {
    /// The pieces of an answer that arrives in these parts.
    func read(_ parts: [String], _ setup: ParserSetup, isCut: Bool = false) -> [AnswerPiece] {
        var parser = parser(setup)
        var pieces: [AnswerPiece] = []
        for part in parts { pieces += parser.append(part) }
        return joined(pieces + parser.finish(isCut: isCut))
    }
}

/// The functions of all fixtures.
enum OfferedFunctions {
    static let all = [
        tool("get_weather", ["location": ["type": "string"], "days": ["type": "integer"]], required: ["location"]),
        tool("get_time", ["zone": ["type": "string"]], required: ["zone"]),
        tool("ping", [:], required: []),
        tool(
            "edit",
            [
                "path": ["type": "string"], "text": ["type": ["string", "null"]], "replace": ["type": "boolean"],
                "lines": ["type": "array", "items": ["type": "integer"]],
            ], required: ["path"]),
    ]

    static func tool(_ name: String, _ properties: JSONObject, required: [JSONValue]) -> ToolDefinition {
        ToolDefinition(
            name: name,
            definition: [
                "type": "function",
                "function": [
                    "name": .string(name),
                    "parameters": [
                        "type": "object", "properties": .object(properties), "required": .array(required),
                        "additionalProperties": false,
                    ],
                ],
            ])
    }
}

extension String {
    /// This text in parts of random lengths of scalars.
    func split(using random: inout SeededRandom) -> [String] {
        var parts: [String] = []
        var part = ""
        for scalar in unicodeScalars {
            part.unicodeScalars.append(scalar)
            if Int.random(in: 0..<4, using: &random) == 0 {
                parts.append(part)
                part = ""
            }
        }
        return parts + [part]
    }

    /// Each scalar by itself.
    var scalars: [String] { unicodeScalars.map { String($0) } }
}
