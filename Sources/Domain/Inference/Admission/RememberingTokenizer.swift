import Vocabulary

/// A tokenizer that takes the beginning of a long text from a `TokenMemory`. Its tokens are those of the base, always.
struct RememberingTokenizer<Base: Tokenizing>: Tokenizing {
    let base: Base
    let memory: TokenMemory
    let tenant: TenantID

    func tokens(of text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [Int32] {
        guard parsesSpecial, text.utf8.count >= TokenMemory.textMin,
            let division = division(of: Array(text.utf8)), !addsSpecial || endsBare
        else { return try base.tokens(of: text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial) }
        let (head, tail) = division
        let known = memory.beginning(of: head, tenant: tenant, addsSpecial: addsSpecial)
        var tokens = known.tokens
        if known.count < head.count {
            tokens += try base.tokens(
                of: String(decoding: head.dropFirst(known.count), as: UTF8.self),
                addsSpecial: addsSpecial && known.count == 0, parsesSpecial: true)
            memory.remember(
                TokenMemory.Entry(tenant: tenant, addsSpecial: addsSpecial, text: Array(head), tokens: tokens))
        }
        if !tail.isEmpty {
            tokens += try base.tokens(
                of: String(decoding: tail, as: UTF8.self), addsSpecial: false, parsesSpecial: true)
        }
        return tokens
    }

    /// The text up to behind its last control token, and the rest; `nil` where it must not be divided.
    private func division(of text: [UInt8]) -> (head: ArraySlice<UInt8>, tail: ArraySlice<UInt8>)? {
        let names = memory.namesByEnd {
            Dictionary(grouping: base.controlTexts.map { Array($0.utf8) }) { $0.last ?? 0 }
        }
        for end in text.indices.reversed() {
            guard let candidates = names[text[end]] else { continue }
            let head = text[...end]
            guard let name = candidates.first(where: { !$0.isEmpty && head.suffix($0.count).elementsEqual($0) }) else {
                continue
            }
            let divides = memory.isSafe(name, find: { isSafe(name, among: names.values.joined()) })
            return divides ? (head, text[(end + 1)...]) : nil
        }
        return nil
    }

    /// Whether what follows a control token has the tokens that it has alone, and no other name may reach beyond its end.
    private func isSafe(_ name: [UInt8], among names: some Sequence<[UInt8]>) -> Bool {
        let reachesBeyond = names.contains { other in
            (1...name.count).contains { other.count > $0 && other.starts(with: name.suffix($0)) }
        }
        let text = String(decoding: name, as: UTF8.self)
        guard !reachesBeyond, let alone = tokens(of: text), alone.count == 1 else { return false }
        return ["a", " a", "\n", "\n\na", "  \n", ">", "1", text].allSatisfy { rest in
            guard let together = tokens(of: text + rest), let apart = tokens(of: rest) else { return false }
            return together == alone + apart
        }
    }

    /// Whether begin tokens are all that the vocabulary adds to a text.
    private var endsBare: Bool {
        memory.endsBare {
            guard let bare = tokens(of: "a"), let full = tokens(of: "a", addsSpecial: true) else {
                return false
            }
            return full.suffix(bare.count).elementsEqual(bare)
        }
    }

    /// `nil` when the text has characters outside the vocabulary.
    private func tokens(of text: String, addsSpecial: Bool = false) -> [Int32]? {
        do {
            return try base.tokens(of: text, addsSpecial: addsSpecial, parsesSpecial: true)
        } catch {
            return nil
        }
    }

    func bytes(of token: Int32) -> [UInt8] { base.bytes(of: token) }
    func specialBytes(of token: Int32) -> [UInt8] { base.specialBytes(of: token) }
    func isEndOfGeneration(_ token: Int32) -> Bool { base.isEndOfGeneration(token) }
    var vocabularyCount: Int { base.vocabularyCount }
    var beginText: String { base.beginText }
    var endText: String { base.endText }
    var controlTexts: [String] { base.controlTexts }
}
