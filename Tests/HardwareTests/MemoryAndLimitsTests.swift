import Hardware
import Testing

@Suite struct MemoryAndLimitsTests {
    @Test func `a real machine's memory is read`() {
        let memory = MemoryText.memory(meminfo: RealMachine.meminfo)
        #expect(memory.totalBytes == 24_684_084 * 1_024)
        #expect((memory.availableBytes ?? .max) <= (memory.totalBytes ?? 0))
        #expect(memory.swapTotalBytes == 0)
        #expect(memory.hugePages == MachineMemory.HugePages(total: 0, free: 0, pageBytes: 2 << 20))
    }

    @Test(arguments: [
        "", "MemTotal:", "MemTotal: -5 kB", "MemTotal: 99999999999999999999 kB", "MemTotal: 0 kB", "MemTotal: 12 lots",
        "MemTotal: 18014398509481983 kB",
    ])
    func `absurd totals are no totals`(text: String) { #expect(MemoryText.memory(meminfo: text).totalBytes == nil) }

    @Test func `more available than there is counts as unknown`() {
        #expect(MemoryText.memory(meminfo: "MemTotal: 10 kB\nMemAvailable: 11 kB").availableBytes == nil)
    }

    @Test func `nodes have their memory and processors`() throws {
        let node = try #require(MemoryText.node(0, meminfo: RealMachine.nodeMeminfo, processors: "0-1\n"))
        #expect(node.totalBytes == 14_248_140 * 1_024)
        #expect(node.processors.numbers == [0, 1])
        // Memory without processors.
        #expect(MemoryText.node(2, meminfo: "Node 2 MemTotal: 8 kB", processors: "\n")?.processors.count == 0)
        #expect(MemoryText.node(0, meminfo: "", processors: "zero") == nil)
        #expect(MemoryText.node(1, meminfo: RealMachine.nodeMeminfo, processors: "0")?.totalBytes == nil)
    }

    @Test func `a real affinity mask is read`() {
        #expect(MemoryText.affinity(status: RealMachine.status)?.numbers == [0, 1])
        #expect(MemoryText.affinity(status: "Cpus_allowed:\tff\n")?.count == 8)
        #expect(MemoryText.affinity(status: "Cpus_allowed_list:\t\n") == nil)
        #expect(MemoryText.affinity(status: "") == nil)
    }

    @Test func `real groups of version 1 are found with their parents`() throws {
        let groups = ControlGroups(membership: RealMachine.membership, mounts: MountTable(RealMachine.mountinfo))
        let memory = try #require(groups.chains.first { $0.version == 1 && $0.controller == .memory })
        #expect(
            memory.folders == [
                "/sys/fs/cgroup/memory/limited/one", "/sys/fs/cgroup/memory/limited", "/sys/fs/cgroup/memory",
            ])
        #expect(groups.chains.contains { $0.version == 2 && $0.folders == ["/sys/fs/cgroup/unified"] })
        #expect(groups.chains.contains { $0.version == 1 && $0.controller == .cpuset })
    }

    private static let second = "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"

    @Test func `groups of version 2 are found with their parents`() {
        let groups = ControlGroups(membership: "0::/a.slice/b c.service\n", mounts: MountTable(Self.second))
        #expect(groups.chains.count == 3)
        #expect(
            groups.chains.first?.folders == [
                "/sys/fs/cgroup/a.slice/b c.service", "/sys/fs/cgroup/a.slice", "/sys/fs/cgroup",
            ])
    }

    @Test func `a path outside of what a container sees is the mount itself`() {
        let mounts = MountTable("30 1 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup ro\n")
        for path in ["/docker/abc", "/../../other", "/elsewhere"] {
            #expect(ControlGroups(membership: "0::\(path)", mounts: mounts).chains.first?.folders == ["/sys/fs/cgroup"])
        }
    }

    @Test(arguments: ["", "x", "1:memory", "::", "a:b:c", "1:cpu:/"])
    func `what is no membership has no groups`(text: String) {
        #expect(ControlGroups(membership: text, mounts: MountTable(Self.second)).chains.isEmpty)
    }

    @Test func `files of both versions are read`() {
        let second = GroupLimits(files: [
            "memory.max": "1000000\n", "memory.high": "max\n", "memory.current": "900000\n",
            "memory.stat": "anon 1\ninactive_file 200000\n", "cpu.max": "150000 100000\n",
            "cpuset.cpus.effective": "0-2\n",
        ])
        #expect(second.memoryMaxBytes == 1_000_000)
        #expect(second.memoryHighBytes == nil)
        #expect(second.memoryUsedBytes == 700_000)
        #expect(second.processorShare == 1.5)
        #expect(second.processors?.count == 3)
        let first = GroupLimits(files: [
            "memory.limit_in_bytes": "9223372036854771712\n", "memory.usage_in_bytes": "5\n",
            "cpu.cfs_quota_us": "-1\n",
            "cpu.cfs_period_us": "100000\n", "cpuset.cpus": "\n",
        ])
        #expect(first == GroupLimits(memoryUsedBytes: 5))
    }

    @Test(arguments: [
        "max max", "max 100000", "-1 100000", "100000 0", "nan 1", "1e308 1e-308", "", "5", "inf 1", "1 2 3",
    ])
    func `absurd shares are no limit`(text: String) {
        #expect(GroupLimits(files: ["cpu.max": text]).processorShare == nil)
    }

    @Test func `the tightest of nested groups counts`() {
        let limits = ResourceLimits(
            groups: [
                ("/inner", GroupLimits(memoryMaxBytes: 800, memoryUsedBytes: 100, processorShare: 4)),
                (
                    "/outer",
                    GroupLimits(memoryMaxBytes: 500, memoryHighBytes: 400, memoryUsedBytes: 390, processorShare: 2)
                ),
                ("/", GroupLimits()),
            ], versions: [2, 2], affinity: ProcessorSet([0, 1, 2]))
        #expect(limits.memoryMaxBytes == 500)
        #expect(limits.memorySetBy == "/outer")
        #expect(limits.memoryLeftBytes == 10)
        #expect(limits.processorShare == 2)
        #expect(limits.versions == [2])
        let over = ResourceLimits(
            groups: [("/", GroupLimits(memoryMaxBytes: 5, memoryUsedBytes: 9))], versions: [1], affinity: nil)
        #expect(over.memoryLeftBytes == 0)
    }

    @Test func `limits bound what a machine may use`() {
        var machine = Machine(
            processor: Processor(cores: 8, threads: 16),
            memory: MachineMemory(totalBytes: 64_000, availableBytes: 50_000))
        #expect(machine.usableThreads == 16)
        #expect(machine.usableCores == 8)
        machine.limits = ResourceLimits(
            memoryMaxBytes: 16_000, memoryLeftBytes: 12_000, processorShare: 2.5, processors: ProcessorSet(0..<6),
            affinity: ProcessorSet(0..<4))
        #expect(machine.memoryBytes == 16_000)
        #expect(machine.memoryFreeBytes == 12_000)
        #expect(machine.usableThreads == 3)
        #expect(Machine().usableThreads == 1)
        #expect(Machine().memoryBytes == nil)
    }

    @Test func `mounts are found by the longest point, the latest of several`() {
        let mounts = MountTable(
            """
            1 0 254:0 / / rw - ext4 /dev/vda rw
            2 1 0:40 / /mnt/my\\040models rw - nfs4 server:/models rw
            3 1 254:1 / /data rw shared:1 master:2 - xfs /dev/vdb rw
            4 1 254:2 / /data rw - btrfs /dev/vdc rw
            garbage
            5 1 254:2 / /x rw -
            """)
        #expect(mounts.mounts.count == 4)
        #expect(mounts.mount(of: "/mnt/my models/a")?.type == "nfs4")
        #expect(mounts.mount(of: "/database")?.type == "ext4")
        #expect(mounts.mount(of: "/data/x")?.source == "/dev/vdc")
        #expect(MountTable("").mount(of: "/") == nil)
        #expect(MountTable.kind(ofType: "nfs4") == .network)
        #expect(MountTable.kind(ofType: "tmpfs") == .memory)
        #expect(MountTable.kind(ofType: "ext4") == .unknown)
    }

    @Test func `surroundings are told with what tells them`() {
        var clues = SurroundingsText.Clues()
        #expect(SurroundingsText.surroundings(clues).isEmpty)
        clues.files = ["/.dockerenv"]
        clues.membership = "0::/kubepods/pod1/docker-abc"
        clues.hasKubernetesVariable = true
        clues.isVirtual = true
        #expect(SurroundingsText.surroundings(clues).map(\.kind) == [.kubernetes, .docker, .virtualMachine])
        clues = SurroundingsText.Clues()
        clues.kernel = "Linux version 5.15.90-microsoft-standard-WSL2"
        clues.containerVariable = "oci"
        #expect(SurroundingsText.surroundings(clues).map(\.kind) == [.container, .wsl])
    }
}
