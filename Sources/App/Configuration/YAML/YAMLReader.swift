import JSONText

/// Reads one YAML document into nodes that know their places. JSON is YAML too, so JSON files take the same way.
///
/// Refused, each with line and column: a second document, a key that occurs twice in a mapping, keys that are not
/// scalars, explicit tags, and everything beyond the bounds below.
public struct YAMLReader: ~Copyable {
    /// What is read at most. The answer beyond a bound is an error, never a cut.
    public struct Bounds: Sendable {
        public var bytesMax = 1 << 20
        public var depthMax = 32
        /// Counts what aliases stand for, so that nested aliases cannot grow without end ("billion laughs").
        public var nodesMax = 20_000

        public init() {}
    }

    private let bounds: Bounds
    private var events: YAMLEvents
    private var anchors: [String: YAMLNode] = [:]
    private var nodes = 0

    /// Reads `bytes`, which must be UTF-8. An empty text is `null`.
    public static func read(_ bytes: [UInt8], bounds: Bounds = Bounds()) throws(YAMLError) -> YAMLNode {
        guard bytes.count <= bounds.bytesMax else {
            throw YAMLError(
                "the text has \(bytes.count) bytes, at most \(bounds.bytesMax) are read",
                at: TextPosition(line: 1, column: 1))
        }
        var reader = YAMLReader(bounds: bounds, events: try YAMLEvents(bytes))
        return try reader.stream()
    }

    private mutating func stream() throws(YAMLError) -> YAMLNode {
        var root: YAMLNode?
        while true {
            let (event, position) = try events.next()
            switch event {
            case .streamEnd:
                return root ?? YAMLNode(.scalar(.null), at: position, size: 1)
            case .documentStart where root != nil:
                throw YAMLError("a second document begins here; one file is one document", at: position)
            case .documentStart:
                let (first, place) = try events.next()
                root = try node(first, at: place, depth: 0)
            default: break
            }
        }
    }

    private mutating func node(_ event: YAMLEvent, at position: TextPosition, depth: Int) throws(YAMLError) -> YAMLNode
    {
        guard depth < bounds.depthMax else {
            throw YAMLError("nested deeper than \(bounds.depthMax) levels", at: position)
        }
        switch event {
        case .alias(let name):
            guard let target = anchors[name] else {
                throw YAMLError("there is no finished anchor '&\(name)' before this alias", at: position)
            }
            try count(target.size, at: position)
            return target
        case .scalar(let text, let isPlain, let anchor, let isTagged):
            try refuseTag(isTagged, at: position)
            try count(1, at: position)
            let value = isPlain ? YAMLScalars.resolve(text) : .string(text)
            return remember(YAMLNode(.scalar(value), at: position, size: 1), as: anchor)
        case .sequenceStart(let anchor, let isTagged):
            try refuseTag(isTagged, at: position)
            try count(1, at: position)
            return remember(try sequence(at: position, depth: depth), as: anchor)
        case .mappingStart(let anchor, let isTagged):
            try refuseTag(isTagged, at: position)
            try count(1, at: position)
            return remember(try mapping(at: position, depth: depth), as: anchor)
        case .documentStart, .documentEnd, .streamStart, .streamEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError("a value was expected", at: position)
        }
    }

    private mutating func sequence(at start: TextPosition, depth: Int) throws(YAMLError) -> YAMLNode {
        var elements: [YAMLNode] = []
        var size = 1
        while true {
            let (event, position) = try events.next()
            if case .sequenceEnd = event { return YAMLNode(.sequence(elements), at: start, size: size) }
            let element = try node(event, at: position, depth: depth + 1)
            size += element.size
            elements.append(element)
        }
    }

    private mutating func mapping(at start: TextPosition, depth: Int) throws(YAMLError) -> YAMLNode {
        var members: [YAMLNode.Member] = []
        var places: [String: TextPosition] = [:]
        var size = 1
        while true {
            let (event, position) = try events.next()
            if case .mappingEnd = event { return YAMLNode(.mapping(members), at: start, size: size) }
            guard case .scalar(let key, _, _, false) = event else {
                throw YAMLError("a key must be plain or quoted text", at: position)
            }
            if let first = places.updateValue(position, forKey: key) {
                throw YAMLError("the key '\(key)' is already set in line \(first.line)", at: position)
            }
            try count(1, at: position)
            let (next, place) = try events.next()
            let value = try node(next, at: place, depth: depth + 1)
            size += 1 + value.size
            members.append(YAMLNode.Member(key: key, keyPosition: position, value: value))
        }
    }

    private mutating func count(_ more: Int, at position: TextPosition) throws(YAMLError) {
        nodes += more
        guard nodes <= bounds.nodesMax else {
            throw YAMLError("more than \(bounds.nodesMax) values, counting what aliases stand for", at: position)
        }
    }

    private mutating func remember(_ node: YAMLNode, as anchor: String?) -> YAMLNode {
        if let anchor { anchors[anchor] = node }
        return node
    }

    private func refuseTag(_ isTagged: Bool, at position: TextPosition) throws(YAMLError) {
        if isTagged { throw YAMLError("tags (!…) are not supported", at: position) }
    }
}
