import CXMLSec

/// An element of a document that somebody else keeps alive for as long as this is used.
@safe
struct Node {
    static let signatureNamespace = "http://www.w3.org/2000/09/xmldsig#"

    let pointer: xmlNodePtr

    @unsafe
    init(_ pointer: xmlNodePtr) { unsafe self.pointer = pointer }

    var name: String { unsafe Self.text(pointer.pointee.name) }
    var namespace: String {
        guard let namespace = unsafe pointer.pointee.ns else { return "" }
        return unsafe Self.text(namespace.pointee.href)
    }

    func isElement(_ name: String, _ namespace: String) -> Bool { self.name == name && self.namespace == namespace }

    /// The child elements in order.
    var elements: [Node] {
        var found: [Node] = []
        var next = unsafe pointer.pointee.children
        while let child = unsafe next {
            if unsafe child.pointee.type == XML_ELEMENT_NODE { found.append(unsafe Node(child)) }
            unsafe next = child.pointee.next
        }
        return found
    }

    func all(_ name: String, _ namespace: String) -> [Node] { elements.filter { $0.isElement(name, namespace) } }

    /// The value of an attribute without a namespace.
    func attribute(_ name: String) -> String? { attributes[name] }

    var attributes: [String: String] {
        var found: [String: String] = [:]
        forEachAttribute { name, namespace, value in if namespace == nil { found[name] = value } }
        return found
    }

    /// What others might take for an id: `ID`, `Id`, `id`, with any prefix.
    func ids() throws(SignedXMLError) -> [String] {
        var found: [String] = []
        forEachAttribute { name, _, value in if name.lowercased() == "id" { found.append(value) } }
        guard found.count <= 1 else { throw SignedXMLError(.structure, "An element has two ids.") }
        return found
    }

    /// All text directly in the element.
    var text: String {
        var text = ""
        var next = unsafe pointer.pointee.children
        while let child = unsafe next {
            if unsafe child.pointee.type == XML_TEXT_NODE { text += unsafe Self.text(child.pointee.content) }
            unsafe next = child.pointee.next
        }
        return text
    }

    /// The element with all that is in it, as a value. The document's depth is bounded.
    func verified() -> VerifiedElement {
        VerifiedElement(
            name: name, namespace: namespace, attributes: attributes, children: elements.map { $0.verified() },
            text: text)
    }

    private func forEachAttribute(_ body: (_ name: String, _ namespace: String?, _ value: String) -> Void) {
        var next = unsafe pointer.pointee.properties
        while let attribute = unsafe next {
            var value = ""
            var part = unsafe attribute.pointee.children
            while let text = unsafe part {
                value += unsafe Self.text(text.pointee.content)
                unsafe part = text.pointee.next
            }
            let namespace = unsafe attribute.pointee.ns.map { unsafe Self.text($0.pointee.href) }
            body(unsafe Self.text(attribute.pointee.name), namespace, value)
            unsafe next = attribute.pointee.next
        }
    }

    /// The parser has checked that all text is UTF-8.
    @unsafe
    private static func text(_ bytes: UnsafePointer<xmlChar>?) -> String {
        guard let bytes = unsafe bytes else { return "" }
        return unsafe String(cString: bytes)
    }

    @unsafe
    private static func text(_ bytes: UnsafeMutablePointer<xmlChar>?) -> String {
        unsafe text(UnsafePointer(bytes))
    }
}
