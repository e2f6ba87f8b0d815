import Foundation
import Hardware
import Processes

/// Looks at this machine: the kernel's files, the disk of the model folder, the drivers' tools. Never fails: what could
/// not be found is told in the machine's notes.
struct MachineProbe: Sendable {
    let files: HardwareFiles
    let tools: ToolRun
    /// The folder whose disk counts.
    let modelFolder: String
    /// Of the variables that containers set.
    let environment: [String: String]

    /// Threads whose files are looked at.
    private static let threadsMax = 4_096
    private static let nodesMax = 256

    @concurrent func machine() async -> Machine {
        var machine = Machine()
        let cpuinfo = text("/proc/cpuinfo", .processor, into: &machine) ?? ""
        readProcessor(cpuinfo, into: &machine)
        readMemory(into: &machine)
        readLimits(into: &machine)
        machine.surroundings = surroundings(cpuinfo)
        let mounts = MountTable(files.text("/proc/self/mountinfo") ?? "")
        machine.modelFolder = await DiskProbe(files: files).disk(of: modelFolder, mounts: mounts, notes: &machine.notes)
        await AcceleratorProbe(files: files, tools: tools).read(into: &machine)
        return machine
    }

    private func text(_ path: String, _ part: HardwareNote.Part, into machine: inout Machine) -> String? {
        if let text = files.text(path) { return text }
        machine.notes.append(HardwareNote(part, .unreadable, "\(path) cannot be read."))
        return nil
    }

    private func readProcessor(_ cpuinfo: String, into machine: inout Machine) {
        var name = utsname()
        if uname(&name) == 0 {
            let word = { (bytes: UnsafeRawBufferPointer) in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            machine.processor.architecture = withUnsafeBytes(of: &name.machine, word)
            machine.system = withUnsafeBytes(of: &name.sysname, word) + " " + withUnsafeBytes(of: &name.release, word)
        }
        machine.processor = ProcessorText.processor(cpuinfo: cpuinfo, architecture: machine.processor.architecture)
        let folder = "/sys/devices/system/cpu"
        let online = files.text(folder + "/online").flatMap { ProcessorSet(list: $0) }?.numbers ?? []
        let threads = online.prefix(Self.threadsMax)
        let siblings = threads.compactMap { number in
            files.text("\(folder)/cpu\(number)/topology/thread_siblings_list")
                ?? files.text("\(folder)/cpu\(number)/topology/core_cpus_list")
        }
        let packages = threads.compactMap { files.text("\(folder)/cpu\($0)/topology/physical_package_id") }
        if siblings.count == online.count, let topology = ProcessorText.Topology(siblings: siblings, packages: packages)
        {
            machine.processor.threads = topology.threads
            machine.processor.cores = topology.cores
            machine.processor.sockets = topology.sockets ?? machine.processor.sockets
            machine.processor.hasSMT = topology.cores < topology.threads
        }
        machine.processor.caches = ProcessorText.caches(threads.flatMap { caches(of: $0, below: folder) })
        if machine.processor.threads == nil {
            machine.notes.append(
                HardwareNote(
                    .processor, .malformed, "Neither /proc/cpuinfo nor \(folder) says how many processors there are."))
        }
    }

    private func caches(of thread: Int, below folder: String) -> [ProcessorText.CacheText] {
        files.numbered("index", in: "\(folder)/cpu\(thread)/cache", countMax: 16).compactMap { index in
            let place = "\(folder)/cpu\(thread)/cache/index\(index)/"
            guard let level = files.text(place + "level"), let type = files.text(place + "type"),
                let size = files.text(place + "size"), let sharing = files.text(place + "shared_cpu_list")
            else { return nil }
            return ProcessorText.CacheText(level: level, type: type, size: size, sharedBy: sharing)
        }
    }

    private func readMemory(into machine: inout Machine) {
        if let text = text("/proc/meminfo", .memory, into: &machine) {
            machine.memory = MemoryText.memory(meminfo: text)
            if machine.memory.totalBytes == nil {
                machine.notes.append(HardwareNote(.memory, .malformed, "/proc/meminfo has no sound MemTotal."))
            }
        }
        let folder = "/sys/devices/system/node"
        machine.nodes = files.numbered("node", in: folder, countMax: Self.nodesMax).compactMap { number in
            guard let list = files.text("\(folder)/node\(number)/cpulist") else { return nil }
            let node = MemoryText.node(
                number, meminfo: files.text("\(folder)/node\(number)/meminfo") ?? "", processors: list)
            if node == nil {
                machine.notes.append(
                    HardwareNote(.nodes, .malformed, "\(folder)/node\(number)/cpulist is no list of processors."))
            }
            return node
        }
    }

    private func readLimits(into machine: inout Machine) {
        let mounts = MountTable(text("/proc/self/mountinfo", .limits, into: &machine) ?? "")
        let membership = text("/proc/self/cgroup", .limits, into: &machine) ?? ""
        let affinity = files.text("/proc/self/status").flatMap { MemoryText.affinity(status: $0) }
        var versions: [Int] = []
        var groups: [(folder: String, limits: GroupLimits)] = []
        for chain in ControlGroups(membership: membership, mounts: mounts).chains {
            versions.append(chain.version)
            for folder in chain.folders {
                var texts: [String: String] = [:]
                for name in GroupLimits.names(version: chain.version, chain.controller) {
                    texts[name] = files.text(folder + "/" + name)
                }
                if !texts.isEmpty { groups.append((folder, GroupLimits(files: texts))) }
            }
        }
        machine.limits = ResourceLimits(groups: groups, versions: versions, affinity: affinity)
    }

    private func surroundings(_ cpuinfo: String) -> [Surrounding] {
        var clues = SurroundingsText.Clues()
        clues.files = Set(["/.dockerenv", "/run/.containerenv"].filter { files.exists($0) })
        clues.membership = (files.text("/proc/self/cgroup") ?? "") + (files.text("/proc/1/cgroup") ?? "")
        clues.kernel = files.text("/proc/version") ?? ""
        clues.containerVariable = environment["container"]
        clues.hasKubernetesVariable = environment["KUBERNETES_SERVICE_HOST"] != nil
        clues.isVirtual = ProcessorText.isVirtual(cpuinfo: cpuinfo)
        return SurroundingsText.surroundings(clues)
    }
}
