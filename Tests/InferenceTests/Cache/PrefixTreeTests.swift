import TestRandomness
import Testing
import Vocabulary

@testable import Inference

private let alice = CacheScope.tenant(TenantID("alice"))
private let bob = CacheScope.tenant(TenantID("bob"))

@Suite struct PrefixTreeTests {
    private let now = ContinuousClock.now

    private func tree(_ runs: [([Int32], CacheScope)]) -> PrefixTree {
        var tree = PrefixTree(now: now)
        for (tokens, scope) in runs { add(tokens, scope, to: &tree) }
        return tree
    }

    /// Adds what is missing of a path, as the cache does.
    @discardableResult
    private func add(_ tokens: [Int32], _ scope: CacheScope, to tree: inout PrefixTree) -> PrefixNode {
        let match = tree.match(tokens, scope: scope)
        var node = match.node
        if !match.isWhole { node = tree.split(node, at: match.countInNode, now: now) }
        guard match.length < tokens.count else { return node }
        return tree.add(Array(tokens[match.length...]), after: node, scope: scope, now: now)
    }

    @Test func `a match goes as far as the tokens agree`() {
        let tree = tree([([1, 2, 3, 4], alice), ([1, 2, 5], alice)])
        #expect(tree.match([1, 2, 3, 9], scope: alice).length == 3)
        #expect(tree.match([1, 2, 3, 9], scope: alice).isWhole == false)
        #expect(tree.match([1, 2], scope: alice).isWhole)
        #expect(tree.match([1, 2, 5, 6, 7], scope: alice).length == 3)
        #expect(tree.match([2], scope: alice).node === tree.root)
        #expect(tree.match([], scope: alice).length == 0)
    }

    @Test func `of a shared and an own path the longer one is taken`() {
        var tree = tree([([1, 2], .shared)])
        let own = tree.add([1, 2, 3, 4], after: tree.root, scope: alice, now: now)
        #expect(tree.match([1, 2, 3, 4, 5], scope: alice).node === own)
        #expect(tree.match([1, 2, 3, 4, 5], scope: bob).length == 2)
        #expect(tree.match([1, 2, 3, 4, 5], scope: .shared).length == 2)
    }

    @Test func `a split keeps the node's id, end, children and users`() throws {
        var tree = tree([([1, 2, 3, 4], alice), ([1, 2, 3, 4, 5, 6], alice)])
        let node = tree.match([1, 2, 3, 4], scope: alice).node
        let leaf = tree.match([1, 2, 3, 4, 5, 6], scope: alice).node
        tree.changeUsers(from: leaf, by: 2)
        tree.changeUsers(from: node, by: 1)
        let head = tree.split(node, at: 1, now: now)
        #expect(head.users == 3)
        #expect(node.users == 3)
        #expect(leaf.users == 2)
        #expect((head.tokens, head.start, head.end) == ([1], 0, 1))
        #expect((node.tokens, node.start, node.end) == ([2, 3, 4], 1, 4))
        #expect(node.parent === head)
        #expect(leaf.path == [1, 2, 3, 4, 5, 6])
        tree.changeUsers(from: leaf, by: -2)
        tree.changeUsers(from: node, by: -1)
        #expect(tree.nodes.values.allSatisfy { $0.users == 0 })
    }

    @Test func `the least worthy is what was used least, of that what is cheapest to compute again`() {
        var tree = PrefixTree(now: now)
        let early = tree.add([1], after: tree.root, scope: alice, now: now)
        let late = tree.add([2] + Array(repeating: 0, count: 9_000), after: tree.root, scope: alice, now: now)
        #expect(tree.leastWorthy { _ in true } === early)
        early.hits = 10
        tree.touch(early, now: now)
        #expect(tree.leastWorthy { _ in true } === late)
        #expect(tree.leastWorthy { $0 !== late } === early)
        late.users = 1
        #expect(tree.leastWorthy { _ in true } === early)
        early.users = 1
        #expect(tree.leastWorthy { _ in true } == nil)
    }

    @Test func `old worth fades: what was often used long ago goes before what is new`() throws {
        var tree = PrefixTree(now: now)
        let old = tree.add([1], after: tree.root, scope: alice, now: now)
        old.hits = 100
        tree.touch(old, now: now)
        for token in Int32(2)..<40 {
            let node = tree.add([token], after: tree.root, scope: alice, now: now)
            let least = try #require(tree.leastWorthy { _ in true })
            tree.evicted(least)
            if least === old { return }
            #expect(least === node)
            tree.remove(least)
        }
        Issue.record("a hundred uses were worth more than everything that came later")
    }

    /// Against sets of paths: everything that was added for a scope, cut to what it has in common with the tokens.
    @Test(arguments: UInt64(0)..<4) func `random paths are found as far as they were added`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tree = PrefixTree(now: now)
        var naive: [CacheScope: Set<[Int32]>] = [:]
        let scopes = [CacheScope.shared, alice, bob]
        for _ in 0..<600 {
            let tokens = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                Int32.random(in: 0..<3, using: &random)
            }
            guard let scope = scopes.randomElement(using: &random) else { return }
            let visible = [CacheScope.shared, scope].flatMap { naive[$0] ?? [] }
            let longest = visible.map { zip($0, tokens).prefix { $0 == $1 }.count }.max() ?? 0
            let match = tree.match(tokens, scope: scope)
            #expect(match.length == longest)
            #expect(Array(match.node.path.prefix(match.length)) == Array(tokens.prefix(longest)))
            #expect(match.node.scope == .shared || match.node.scope == scope)
            switch Int.random(in: 0..<4, using: &random) {
            case 0..<2:
                let node = add(tokens, scope, to: &tree)
                #expect(node.path == tokens)
                naive[scope, default: []].insert(tokens)
            case 2:
                let leaf = tree.nodes.values.filter(\.children.isEmpty).min { $0.id < $1.id }
                guard let leaf else { continue }
                // What is gone with the leaf: every path of its scope that ended within it now ends before it.
                let (path, start) = (leaf.path, leaf.start)
                tree.remove(leaf)
                for (own, paths) in naive {
                    naive[own] = Set(
                        paths.map { known in
                            let common = zip(known, path).prefix { $0 == $1 }.count
                            let isThere = tree.match(known, scope: own).length == known.count
                            return isThere || common <= start ? known : Array(known.prefix(start))
                        })
                }
            default: continue
            }
        }
        let reachable = tree.root.subtree.dropFirst()
        #expect(Set(reachable.map(\.id)) == Set(tree.nodes.keys))
        #expect(reachable.allSatisfy { $0.parent?.end == $0.start && !$0.tokens.isEmpty })
    }
}
