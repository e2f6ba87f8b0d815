import Foundation
import Hardware
import Processes
import Testing

@testable import Platform

/// The probe over folders that hold what kernels of other machines write, and over tools that misbehave.
@Suite struct MachineProbeTests {
    /// Runs `body` over a folder with files, which stands for the root of a machine.
    private func withMachine(
        _ files: [String: String], tools: [String: String] = [:], patience: Duration = .seconds(10),
        _ body: (Machine) throws -> Void
    ) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "nexus-machine-\(UUID().uuidString)").path
        defer { unlinkTree(root) }
        for (path, text) in files { try write(text, to: root + path) }
        for (name, script) in tools {
            try write("#!/bin/sh\n\(script)\n", to: "\(root)/bin/\(name)")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(root)/bin/\(name)")
        }
        let launcher = ProcessLauncher()
        let probe = MachineProbe(
            files: HardwareFiles(root: root),
            tools: ToolRun(
                launcher: launcher, environment: ["PATH": "\(root)/bin:/usr/bin:/bin"], patience: patience),
            modelFolder: root + "/models/not/yet/there", environment: ["container": "podman"])
        let machine = await probe.machine()
        await launcher.shutDown()
        try body(machine)
    }

    private func write(_ text: String, to path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func unlinkTree(_ path: String) {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("\(path) was left: \(error)") }
    }

    /// A container of 4 GiB and one and a half processors on a machine of 64 GiB with two sockets, after the kernel's
    /// documentation of control groups of version 2.
    private static let container: [String: String] = [
        "/proc/cpuinfo": (0..<4).map {
            """
            processor\t: \($0)
            model name\t: Test CPU
            physical id\t: \($0 / 2)
            core id\t: \($0 % 2)
            flags\t: fpu pni ssse3 avx avx2 fma f16c bmi2 hypervisor

            """
        }.joined(separator: "\n"),
        "/proc/meminfo": "MemTotal:       67108864 kB\nMemAvailable:   50331648 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        "/proc/self/cgroup": "0::/box\n",
        "/proc/self/mountinfo": "24 1 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
        "/proc/self/status": "Name:\tnexus\nCpus_allowed_list:\t0-3\n",
        "/sys/devices/system/cpu/online": "0-3\n",
        "/sys/devices/system/node/node0/cpulist": "0-1\n",
        "/sys/devices/system/node/node0/meminfo": "Node 0 MemTotal: 33554432 kB\nNode 0 MemFree: 1048576 kB\n",
        "/sys/devices/system/node/node1/cpulist": "2-3\n",
        "/sys/devices/system/node/node1/meminfo": "Node 1 MemTotal: 33554432 kB\nNode 1 MemFree: 2097152 kB\n",
        "/sys/fs/cgroup/box/memory.max": "4294967296\n",
        "/sys/fs/cgroup/box/memory.current": "1610612736\n",
        "/sys/fs/cgroup/box/memory.stat": "anon 1073741824\ninactive_file 536870912\n",
        "/sys/fs/cgroup/box/cpu.max": "150000 100000\n",
        "/sys/fs/cgroup/memory.max": "max\n",
    ]

    @Test func `a container's limits count, not the machine's sizes`() async throws {
        try await withMachine(Self.container) { machine in
            #expect(machine.memory.totalBytes == 64 << 30)
            #expect(machine.limits.memoryMaxBytes == 4 << 30)
            #expect(machine.limits.memorySetBy == "/sys/fs/cgroup/box")
            #expect(machine.memoryBytes == 4 << 30)
            // Pages of files that nobody uses give way.
            #expect(machine.memoryFreeBytes == 3 << 30)
            #expect(machine.limits.processorShare == 1.5)
            #expect(machine.usableThreads == 2)
            #expect(machine.nodes.map(\.freeBytes) == [1 << 30, 2 << 30])
            #expect(machine.processor.threads == 4)
            #expect(machine.processor.features.contains(.avx2))
            #expect(machine.surroundings.contains { $0.kind == .podman })
            #expect(machine.accelerators.isEmpty)
            #expect(!machine.notes.contains { [.nvidia, .amd].contains($0.part) })
            #expect(machine.modelFolder?.totalBytes ?? 0 > 0)
        }
    }

    @Test func `a machine that tells nothing has notes instead of guesses`() async throws {
        try await withMachine(["/etc/empty": ""]) { machine in
            #expect(machine.memory.totalBytes == nil)
            #expect(machine.memoryFreeBytes == nil)
            #expect(machine.usableThreads == 1)
            #expect(machine.notes.contains { $0.part == .processor } && machine.notes.contains { $0.part == .memory })
            #expect(Room.of(machine, engine: nil) == nil)
        }
    }

    @Test func `a GPU without its tool is told by the kernel, with a note`() async throws {
        var files = Self.container
        files["/sys/class/drm/card0/device/vendor"] = "0x10de\n"
        files["/sys/class/drm/card0/device/device"] = "0x2330\n"
        files["/sys/class/drm/card1/device/vendor"] = "0x1002\n"
        files["/sys/class/drm/card1/device/mem_info_vram_total"] = "25753026560\n"
        files["/sys/class/drm/card1/device/mem_info_vram_used"] = "753026560\n"
        try await withMachine(files) { machine in
            #expect(machine.accelerators.map(\.vendor) == [.nvidia, .amd])
            #expect(machine.accelerators[1].freeBytes == 25_000_000_000)
            let notes = machine.notes.filter { $0.code == .absent }
            #expect(notes.map(\.part) == [.nvidia, .amd])
            #expect(notes.allSatisfy { $0.hint?.contains("driver") == true })
        }
    }

    @Test func `a tool that hangs is ended, and that is told`() async throws {
        // Its own child would keep the output open.
        let hangs = ["nvidia-smi": "sleep 1000", "rocm-smi": "exec sleep 1000"]
        try await withMachine(Self.container, tools: hangs, patience: .milliseconds(200)) { machine in
            let notes = machine.notes.filter { $0.code == .timedOut }
            #expect(notes.map(\.part) == [.nvidia, .amd])
            #expect(machine.accelerators.isEmpty)
            #expect(machine.memory.totalBytes == 64 << 30)
        }
    }

    @Test func `pipes and folders in the place of files keep nobody waiting`() async throws {
        var files = Self.container
        files["/proc/meminfo"] = nil
        files["/proc/cpuinfo"] = nil
        files["/proc/cpuinfo/inside"] = "a folder"
        let root = FileManager.default.temporaryDirectory.appending(path: "nexus-pipe-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root + "/proc", withIntermediateDirectories: true)
        defer { unlinkTree(root) }
        #expect(mkfifo(root + "/proc/meminfo", 0o600) == 0)
        #expect(HardwareFiles(root: root).text("/proc/meminfo") == nil)
        try await withMachine(files) { machine in
            #expect(machine.memory.totalBytes == nil)
            #expect(machine.processor.model == nil)
        }
    }

    @Test func `what is read of a file has a bound`() async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "nexus-long-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { unlinkTree(root) }
        try Data(repeating: 0x61, count: 100_000).write(to: URL(filePath: root + "/long"))
        #expect(HardwareFiles(root: root).text("/long", bytesMax: 70_000)?.utf8.count == 70_000)
        #expect(HardwareFiles(root: root).text("/long")?.utf8.count == 100_000)
        #expect(HardwareFiles(root: root).numbered("card", in: "/nowhere", countMax: 4).isEmpty)
    }
}
