import Configuration
import LlamaRuntime

/// Where threads run.
struct ThreadArguments: Sendable, Equatable {
    /// `nil` leaves threads to the system.
    var places: ThreadPlaces?
    /// For prompts; `nil` is as `places`.
    var batchPlaces: ThreadPlaces?
    var numa: NUMAStrategy?

    init(_ parsed: ParsedCommand) {
        numa = parsed[EngineOption.numa]
        let masks = parsed.all(EngineOption.cpuMask, EngineOption.cpuRange)
        let (strict, priority) = (parsed.given(EngineOption.cpuStrict), parsed[EngineOption.priority])
        if !masks.isEmpty || strict != nil || priority != nil {
            var places = ThreadPlaces()
            places.mask = Self.union(masks)
            places.isStrict = strict ?? false
            places.priority = priority ?? 0
            self.places = places
        }
        let batchMasks = parsed.all(EngineOption.batchCPUMask, EngineOption.batchCPURange)
        let (batchStrict, batchPriority) = (
            parsed.given(EngineOption.batchCPUStrict), parsed[EngineOption.batchPriority]
        )
        if !batchMasks.isEmpty || batchStrict != nil || batchPriority != nil {
            var places = self.places ?? ThreadPlaces()
            if !batchMasks.isEmpty { places.mask = Self.union(batchMasks) }
            places.isStrict = batchStrict ?? places.isStrict
            places.priority = batchPriority ?? places.priority
            batchPlaces = places
        }
    }

    private static func union(_ masks: [[UInt64]]) -> [UInt64] {
        masks.reduce(into: []) { all, mask in
            if all.count < mask.count { all += repeatElement(0, count: mask.count - all.count) }
            for (index, word) in mask.enumerated() { all[index] |= word }
        }
    }

    /// - Throws: `UsageError` where this machine or its system does not allow it.
    func check() throws(UsageError) {
        for (places, name) in [
            (places, "--cpu-mask, --cpu-range or --prio"), (batchPlaces, "one of the same with -batch"),
        ] {
            guard let obstacle = places?.obstacle else { continue }
            throw UsageError(problem: "What \(name) says \(obstacle).", hint: "Leave it out, or ask for less.")
        }
    }
}

extension EngineOption {
    static let numa = CommandOption<NUMAStrategy>(
        "numa", also: [], variable: "LLAMA_ARG_NUMA", .choice,
        "How threads are spread where processors have memory of their own.")
    static let cpuMask = CommandOption<[UInt64]>(
        "cpu-mask", also: ["-C"], .cpuMask, "CPUs to run on, as a hexadecimal mask (default: all).")
    static let cpuRange = CommandOption<[UInt64]>("cpu-range", also: ["-Cr"], .cpuRange, "The same as a range.")
    static let cpuStrict = CommandOption<Bool>(
        "cpu-strict", also: [], .zeroOrOne, "Whether each thread has a CPU of its own (default 0).")
    static let priority = CommandOption<Int>(
        "prio", also: [], .integer(in: -1...3), "-1 low, 0 as ever, 1 medium, 2 high, 3 real time (default 0).")
    static let batchCPUMask = CommandOption<[UInt64]>(
        "cpu-mask-batch", also: ["-Cb"], .cpuMask, "The same for prompts (default: as --cpu-mask).")
    static let batchCPURange = CommandOption<[UInt64]>(
        "cpu-range-batch", also: ["-Crb"], .cpuRange, "The same as a range.")
    static let batchCPUStrict = CommandOption<Bool>(
        "cpu-strict-batch", also: [], .zeroOrOne, "The same for prompts (default: as --cpu-strict).")
    static let batchPriority = CommandOption<Int>(
        "prio-batch", also: [], .integer(in: -1...3), "The same for prompts (default: as --prio).")

    static let threadOptions = [
        numa.declared, cpuMask.declared, cpuRange.declared, cpuStrict.declared, priority.declared,
        batchCPUMask.declared, batchCPURange.declared, batchCPUStrict.declared, batchPriority.declared,
    ].map { $0.listed(under: "Threads") }
}

extension ValueKind where Value == [UInt64] {
    /// Hexadecimal, with or without 0x.
    fileprivate static var cpuMask: ValueKind {
        let digitsMax = ThreadPlaces.cpusMax / 4
        return .argument("1 to \(digitsMax) hexadecimal digits that are not all 0", placeholder: "MASK") { text in
            let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
            guard (1...digitsMax).contains(digits.count) else { return nil }
            var mask: [UInt64] = []
            for (index, digit) in digits.reversed().enumerated() {
                guard let value = digit.hexDigitValue, digit.isASCII else { return nil }
                if index % 16 == 0 { mask.append(0) }
                mask[index / 16] |= UInt64(value) << (4 * UInt64(index % 16))
            }
            return mask.contains { $0 != 0 } ? mask : nil
        }
    }

    /// `lo-hi`, of which one may be left out.
    fileprivate static var cpuRange: ValueKind {
        let last = ThreadPlaces.cpusMax - 1
        return .argument("LO-HI with numbers from 0 to \(last)", placeholder: "LO-HI") { text in
            let ends = text.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, !(ends[0].isEmpty && ends[1].isEmpty),
                let low = ends[0].isEmpty ? 0 : Int(ends[0]), let high = ends[1].isEmpty ? last : Int(ends[1]),
                low >= 0, low <= high, high <= last
            else { return nil }
            var mask = [UInt64](repeating: 0, count: high / 64 + 1)
            for cpu in low...high { mask[cpu / 64] |= 1 << UInt64(cpu % 64) }
            return mask
        }
    }
}

extension ValueKind where Value == Bool {
    /// llama-server's `0` and `1`.
    fileprivate static var zeroOrOne: ValueKind {
        .argument("0 or 1", placeholder: "0|1") { text in
            switch text {
            case "0": false
            case "1": true
            default: nil
            }
        }
    }
}
