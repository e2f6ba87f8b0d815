import Hardware
import Processes

/// Looks for GPUs: by the drivers' tools, and by the kernel where there is no tool.
struct AcceleratorProbe: Sendable {
    let files: HardwareFiles
    let tools: ToolRun

    private static let cardsMax = 64

    func read(into machine: inout Machine) async {
        let cards = files.numbered("card", in: "/sys/class/drm", countMax: Self.cardsMax).compactMap { index in
            var texts: [String: String] = [:]
            for name in GraphicsText.names { texts[name] = files.text("/sys/class/drm/card\(index)/\(name)") }
            return GraphicsText.accelerator(index, files: texts)
        }
        func found(_ vendor: Accelerator.Vendor) -> Bool { cards.contains { $0.vendor == vendor } }
        let hasNvidia = found(.nvidia) || files.exists("/proc/driver/nvidia") || files.exists("/dev/nvidiactl")
        let hasAMD = found(.amd) || files.exists("/dev/kfd")
        let nvidia = await nvidia(isExpected: hasNvidia, notes: &machine.notes)
        let amd = await amd(isExpected: hasAMD, notes: &machine.notes)
        machine.accelerators = nvidia ?? cards.filter { $0.vendor == .nvidia }
        machine.accelerators += amd ?? cards.filter { $0.vendor == .amd }
        machine.accelerators += cards.filter { ![.nvidia, .amd, .apple].contains($0.vendor) }
        if let chip = files.text("/proc/device-tree/compatible").flatMap({ GraphicsText.appleChip(compatible: $0) }) {
            machine.accelerators.append(Accelerator(vendor: .apple, index: 0, name: chip, sharesMemory: true))
        }
    }

    /// What a tool wrote, when it ended well enough to be read.
    private func text(
        _ program: String, _ arguments: [String], _ part: HardwareNote.Part, isExpected: Bool,
        notes: inout [HardwareNote]
    ) async -> (text: String, status: Int32?)? {
        switch await tools.run(program, arguments) {
        case .ended(let text, .status(let status)): return (text, status)
        case .ended(let text, .signal): return (text, nil)
        case .absent:
            if isExpected {
                notes.append(
                    HardwareNote(
                        part, .absent, "There is such a GPU, but \(program) is not installed.",
                        hint: "Install it with the driver: without it not all is known."))
            }
        case .timedOut:
            notes.append(
                HardwareNote(
                    part, .timedOut, "\(program) did not end within \(tools.patience) and was ended.",
                    hint: "The driver may hang: run \(program) by hand."))
        case .tooLong:
            notes.append(
                HardwareNote(part, .tooLong, "\(program) wrote more than \(ToolRun.bytesMax >> 20) MiB and was ended."))
        }
        return nil
    }

    private func nvidia(isExpected: Bool, notes: inout [HardwareNote]) async -> [Accelerator]? {
        let tool = "nvidia-smi"
        guard let table = await text(tool, NvidiaText.tableArguments, .nvidia, isExpected: isExpected, notes: &notes)
        else { return nil }
        if NvidiaText.isEmpty(table.text) { return [] }
        let isOld = NvidiaText.isOld(table.text)
        if !isOld, let failure = NvidiaText.failure(table.text, status: table.status) {
            notes.append(failure)
            return nil
        }
        let found = isOld ? nil : NvidiaText.accelerators(table: table.text)
        var ignored: [HardwareNote] = []
        let whole = await text(tool, NvidiaText.reportArguments, .nvidia, isExpected: false, notes: &ignored)
        let report = whole.flatMap { NvidiaReport($0.text) }
        if let found { return report?.completing(found) ?? found }
        if let report { return report.accelerators }
        notes.append(HardwareNote(.nvidia, .malformed, "What nvidia-smi writes is not understood."))
        return nil
    }

    private func amd(isExpected: Bool, notes: inout [HardwareNote]) async -> [Accelerator]? {
        var unused: [HardwareNote] = []
        if let fixed = await text("amd-smi", AMDText.staticArguments, .amd, isExpected: false, notes: &unused),
            fixed.status == 0
        {
            let metrics = await text("amd-smi", AMDText.metricArguments, .amd, isExpected: false, notes: &unused)
            if let found = AMDText.accelerators(static: fixed.text, metrics: metrics?.text) { return found }
        }
        guard let answer = await text("rocm-smi", AMDText.rocmArguments, .amd, isExpected: isExpected, notes: &notes)
        else {
            notes += unused.filter { $0.code != .absent }
            return nil
        }
        if let found = AMDText.accelerators(rocm: answer.text) { return found }
        if isExpected {
            notes.append(HardwareNote(.amd, .malformed, "What rocm-smi writes is not understood."))
        }
        return nil
    }
}
