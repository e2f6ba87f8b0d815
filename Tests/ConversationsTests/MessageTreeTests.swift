import Conversations
import TestRandomness
import Testing

@Suite struct MessageTreeTests {
    /// a ─ b ─ c ─ d
    ///      └ e ─ f
    static let ids = (0..<6).map { number in
        var random = SeededRandom(seed: UInt64(number))
        return MessageID(at: ConversationMoment(microseconds: Int64(number) * 1000), using: &random)
    }
    static let tree = MessageTree([
        .init(id: ids[5], parent: ids[4]), .init(id: ids[0], parent: nil), .init(id: ids[1], parent: ids[0]),
        .init(id: ids[2], parent: ids[1]), .init(id: ids[3], parent: ids[2]), .init(id: ids[4], parent: ids[1]),
    ])

    @Test func `a path goes from the first message to the one that is asked for`() {
        #expect(Self.tree.path(to: Self.ids[3]) == Array(Self.ids[0...3]))
        #expect(Self.tree.path(to: Self.ids[5]) == [Self.ids[0], Self.ids[1], Self.ids[4], Self.ids[5]])
    }

    @Test func `what stands beside a message are the other children of its parent`() {
        #expect(Self.tree.siblings(of: Self.ids[4]) == [Self.ids[2], Self.ids[4]])
        #expect(Self.tree.siblings(of: Self.ids[0]) == [Self.ids[0]])
    }

    @Test func `the newest branch is gone on with`() {
        #expect(Self.tree.leaf(below: nil) == Self.ids[5])
        #expect(Self.tree.leaf(below: Self.ids[2]) == Self.ids[3])
        #expect(MessageTree([]).leaf(below: nil) == nil)
    }

    @Test func `a subtree has parents before children`() {
        #expect(Self.tree.subtree(of: Self.ids[1]) == [1, 2, 3, 4, 5].map { Self.ids[$0] })
    }

    @Test func `two branches meet in the last message that they share`() {
        #expect(Self.tree.meeting(of: Self.ids[3], and: Self.ids[5]) == Self.ids[1])
        #expect(Self.tree.meeting(of: Self.ids[3], and: Self.ids[2]) == Self.ids[2])
    }

    @Test func `a parent that is not there makes a root, and a circle ends`() {
        let tree = MessageTree([
            .init(id: Self.ids[1], parent: Self.ids[0]), .init(id: Self.ids[2], parent: Self.ids[3]),
            .init(id: Self.ids[3], parent: Self.ids[2]), .init(id: Self.ids[4], parent: Self.ids[4]),
        ])
        #expect(tree.roots == [Self.ids[1], Self.ids[4]])
        #expect(tree.path(to: Self.ids[2]).count == 2)
        #expect(tree.subtree(of: Self.ids[2]).count <= tree.count + 1)
        #expect(tree.leaf(below: Self.ids[2]) != nil)
    }

    @Test(arguments: 0..<20)
    func `every message of a random tree lies on the path to itself, and each path begins with a root`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var nodes: [MessageTree.Node] = []
        for number in 0..<200 {
            let id = MessageID(at: ConversationMoment(microseconds: Int64(number) * 1000), using: &random)
            nodes.append(
                .init(id: id, parent: nodes.isEmpty || number % 50 == 0 ? nil : nodes.randomElement(using: &random)?.id)
            )
        }
        let tree = MessageTree(nodes.shuffled(using: &random))
        for node in nodes {
            let path = tree.path(to: node.id)
            #expect(path.last == node.id && tree.roots.contains(path[0]))
            for (parent, child) in zip(path, path.dropFirst()) { #expect(tree.children(of: parent).contains(child)) }
        }
        #expect(tree.roots.flatMap { tree.subtree(of: $0) }.count == nodes.count)
    }
}
