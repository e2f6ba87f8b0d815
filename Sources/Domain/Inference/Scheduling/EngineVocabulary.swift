import Grammar
import Sampling
import Synchronization
import Vocabulary

/// What choosing tokens needs of a model's vocabulary. Made once for an engine.
final class EngineVocabulary: Sendable {
    let sampling: SamplerVocabulary
    /// The tokens that end an answer.
    let endTokens: Set<Int32>
    /// Control tokens whose names belong to the text of answers: tags around tool calls and thinking.
    private let preserved: Set<Int32>
    private let bytes: @Sendable (Int32) -> [UInt8]
    private let specialBytes: @Sendable (Int32) -> [UInt8]
    private let trieBox = Mutex<TokenTrie?>(nil)

    /// - Parameters:
    ///   - tokenizer: the model's vocabulary.
    ///   - preservedTexts: names of control tokens that answers are read with.
    init(_ tokenizer: some Tokenizing, preservedTexts: [String]) {
        let count = tokenizer.vocabularyCount
        let ends = Set((0..<Int32(count)).filter(tokenizer.isEndOfGeneration))
        endTokens = ends
        preserved = Set(preservedTexts.compactMap { Self.single($0, tokenizer) })
        bytes = { tokenizer.bytes(of: $0) }
        specialBytes = { tokenizer.specialBytes(of: $0) }
        sampling = SamplerVocabulary(
            count: count, endTokens: ends, endOfTurn: ends.min(),
            piece: { token, withControl in
                withControl ? tokenizer.specialBytes(of: token) : tokenizer.bytes(of: token)
            },
            tokenize: { Self.tokens($0, tokenizer) })
    }

    /// The token that this text is the name of, if it is one token.
    private static func single(_ text: String, _ tokenizer: some Tokenizing) -> Int32? {
        do throws(ServiceError) {
            let tokens = try tokenizer.tokens(of: text, addsSpecial: false, parsesSpecial: true)
            return tokens.count == 1 ? tokens[0] : nil
        } catch {
            // A text that the vocabulary does not know has no token.
            return nil
        }
    }

    private static func tokens(_ text: [UInt8], _ tokenizer: some Tokenizing) -> [Int32] {
        do throws(ServiceError) {
            return try tokenizer.tokens(
                of: String(decoding: text, as: UTF8.self), addsSpecial: false, parsesSpecial: false)
        } catch {
            return []
        }
    }

    func isEnd(_ token: Int32) -> Bool { endTokens.contains(token) }

    /// What a token adds to the text of an answer.
    func outputBytes(of token: Int32) -> [UInt8] {
        preserved.contains(token) ? specialBytes(token) : bytes(token)
    }

    /// All tokens by their bytes, for constraints. Made when it is first asked for, which takes a moment.
    var trie: TokenTrie {
        trieBox.withLock { box in
            if let trie = box { return trie }
            let tokens = (0..<Int32(sampling.count)).map { token -> [UInt8]? in
                let output = endTokens.contains(token) ? [] : outputBytes(of: token)
                return output.isEmpty ? nil : output
            }
            let trie = TokenTrie(tokens: tokens, endTokens: endTokens)
            box = trie
            return trie
        }
    }
}
