import CXMLSec

/// A document in memory, with only such parts as every reader understands alike: elements, attributes and text.
///
/// Nothing is fetched for it, no entity is replaced, no document type is taken. Freed exactly once; used by one thread.
@safe
struct ParsedDocument: ~Copyable {
    /// Bytes of a document. Honest ones have some thousands.
    static let bytesMax = 512 << 10
    static let elementsMax = 10_000
    static let depthMax = 64

    private let document: xmlDocPtr

    /// Parses a document and checks that it has nothing but what it may have.
    static func parse(_ bytes: [UInt8]) throws(SignedXMLError) -> ParsedDocument {
        let document = try ParsedDocument(bytes)
        try document.check()
        return document
    }

    private init(_ bytes: [UInt8]) throws(SignedXMLError) {
        guard Library.isReady else { throw SignedXMLError(.malformed, "xmlsec could not be started.") }
        guard bytes.count <= Self.bytesMax else {
            throw SignedXMLError(.tooLarge, "The document has more than \(Self.bytesMax) bytes.")
        }
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw SignedXMLError(.malformed, "The document is not UTF-8.")
        }
        // Refused before the parser sees it, so that it need not withstand entities in entities.
        guard !Self.contains("<!DOCTYPE", in: bytes), !Self.contains("<!ENTITY", in: bytes) else {
            throw SignedXMLError(.forbiddenContent, "The document has a document type.")
        }
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
        let parsed = unsafe bytes.withUnsafeBytes { buffer in
            unsafe xmlReadMemory(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), nil, "UTF-8",
                Int32(options))
        }
        guard let found = unsafe parsed else {
            throw SignedXMLError(.malformed, "The document is not well-formed XML.")
        }
        unsafe document = found
    }

    deinit { unsafe xmlFreeDoc(document) }

    var root: Node {
        get throws(SignedXMLError) {
            guard let root = unsafe xmlDocGetRootElement(document) else {
                throw SignedXMLError(.malformed, "The document has no element.")
            }
            return unsafe Node(root)
        }
    }

    /// Makes `#id` mean this element.
    func register(_ node: borrowing Node, id: String) {
        guard let attribute = unsafe xmlHasProp(node.pointer, "ID") else { return }
        _ = unsafe xmlAddID(nil, document, id, attribute)
    }

    /// Looks at every node once: kinds, depth, number, and that no two elements have the same id, in whatever spelling.
    private func check() throws(SignedXMLError) {
        guard unsafe document.pointee.intSubset == nil, unsafe document.pointee.extSubset == nil else {
            throw SignedXMLError(.forbiddenContent, "The document has a document type.")
        }
        var ids: Set<String> = []
        var elementCount = 0
        var depth = 0
        var next = unsafe document.pointee.children
        while let node = unsafe next {
            switch unsafe node.pointee.type {
            case XML_ELEMENT_NODE:
                elementCount += 1
                guard elementCount <= Self.elementsMax, depth < Self.depthMax else {
                    throw SignedXMLError(.malformed, "The document has too many elements, or too many in each other.")
                }
                for id in try unsafe Node(node).ids() {
                    guard ids.insert(id).inserted else {
                        throw SignedXMLError(.structure, "Two elements of the document have the same id.")
                    }
                }
            case XML_TEXT_NODE: break
            default:
                throw SignedXMLError(
                    .forbiddenContent, "The document has a comment, an instruction, an entity or a CDATA section.")
            }
            if let child = unsafe node.pointee.children, unsafe node.pointee.type == XML_ELEMENT_NODE {
                depth += 1
                unsafe next = child
                continue
            }
            var current: xmlNodePtr? = unsafe node
            while let place = unsafe current, unsafe place.pointee.next == nil {
                depth -= 1
                let parent = unsafe place.pointee.parent
                unsafe current = parent.flatMap { unsafe $0.pointee.type == XML_ELEMENT_NODE ? $0 : nil }
            }
            unsafe next = current.flatMap { unsafe $0.pointee.next }
        }
    }

    private static func contains(_ word: String, in bytes: [UInt8]) -> Bool {
        let word = Array(word.utf8)
        guard bytes.count >= word.count else { return false }
        return (0...bytes.count - word.count).contains { start in
            bytes[start] == word[0]
                && word.indices.allSatisfy { place in
                    let byte = bytes[start + place]
                    return byte == word[place] || byte == (word[place] | 0x20)
                }
        }
    }
}
