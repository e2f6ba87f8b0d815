import Testing

@testable import Launch

@Suite struct StartMemoryTests {
    private static let mappings = """
        55d0c0000000-55d0c0004000 r-xp 00000000 08:01 42 /usr/bin/a b
        Size:                 16 kB
        Rss:                  12 kB
        Anonymous:             0 kB
        VmFlags: rd ex mr mw me
        55d0c0004000-55d0c0005000 r--p 00004000 08:01 42 /usr/bin/a b
        Rss:                   4 kB
        Anonymous:             4 kB
        55d0c0005000-55d0c0006000 rw-p 00005000 08:01 42 /usr/bin/a b
        Rss:                   4 kB
        Anonymous:             0 kB
        7f0000000000-7f0000001000 r--p 00000000 00:00 0
        Rss:                   4 kB
        Anonymous:             0 kB
        7f0000001000-7f0000002000 r-xp 00000000 00:00 0                          [vdso]
        Rss:                   4 kB
        Anonymous:             0 kB
        7f0000002000-7f0000003000 r--s 00000000 08:01 43                         /usr/lib/locale
        Rss:                   4 kB
        Anonymous:             0 kB
        7f0000003000-7f0000004000 ---p 00000000 08:01 44                         /usr/lib/c.so
        Rss:                   0 kB
        Anonymous:             0 kB
        7f0000004000-7f0000005000 r-xp 00000000 08:01 44                         /usr/lib/c.so
        Rss:                   0 kB
        Anonymous:             0 kB
        """

    @Test func `only pages of files that nobody can write and nobody has written are meant`() {
        #expect(
            StartMemory.unchanged(in: Self.mappings) == [
                .init(addresses: 0x55d0_c000_0000..<0x55d0_c000_4000, residentBytes: 12 << 10),
                .init(addresses: 0x7f00_0000_2000..<0x7f00_0000_3000, residentBytes: 4 << 10),
            ])
    }

    @Test(arguments: [
        "", "\n\n", "garbage", "1-2", "Rss: x kB", "zz-yy r-xp 0 0 0 /a\nRss: 4 kB\nAnonymous: 0 kB", "Anonymous:",
    ])
    func `what is no list of mappings has none`(text: String) {
        #expect(StartMemory.unchanged(in: text).isEmpty)
    }

    @Test func `a process goes on without the pages that it gave back`() {
        #expect(StartMemory.release() > 1 << 20, "the program itself is larger")
        #expect(Self.mappings.split(separator: "\n").count == 26)
        #expect(StartMemory.release() > 0, "some were needed again")
    }
}
