import Testing

@testable import Inference

@Suite struct RowGroupsTests {
    private let tiled = RowGroups(
        [(1, 4.1), (2, 19), (4, 25), (8, 35), (16, 27), (32, 67)].map { .init(rows: $0, seconds: $1 / 1_000) },
        rowsMax: 32)

    @Test func `a few rows are computed one by one where that is faster`() {
        #expect(tiled.groups(of: 1) == [.init(rows: 1, computed: 1)])
        #expect(tiled.groups(of: 4) == [RowGroups.Group](repeating: .init(rows: 1, computed: 1), count: 4))
    }

    @Test func `a tile is filled up when the rest of it costs nothing`() {
        #expect(tiled.groups(of: 12) == [.init(rows: 12, computed: 16)])
        #expect(tiled.groups(of: 32) == [.init(rows: 16, computed: 16), .init(rows: 16, computed: 16)])
    }

    @Test func `where rows cost what they should, all go together`() {
        let even = RowGroups(
            [1, 2, 4, 8, 16].map { .init(rows: $0, seconds: 1 + Double($0) * 0.01) }, rowsMax: 16)
        for rows in [1, 2, 4, 8, 16] { #expect(even.groups(of: rows) == [.init(rows: rows, computed: rows)]) }
    }

    @Test(arguments: 1...40) func `the groups of any number of rows add up to it`(rows: Int) {
        let groups = tiled.groups(of: rows)
        #expect(groups.reduce(0) { $0 + $1.rows } == rows)
        #expect(groups.allSatisfy { $0.computed >= $0.rows && $0.rows > 0 })
    }

    @Test func `without measurements there is one group`() {
        #expect(RowGroups.together.groups(of: 7) == [.init(rows: 7, computed: 7)])
        #expect(RowGroups([], rowsMax: 8) == .together)
        #expect(tiled.groups(of: 0) == [])
    }
}
