/// What serving a model takes of memory, part by part: a prediction from the file's header and the settings.
///
/// What is predicted is the **peak of resident memory after a full context**: every cell of the cache written, one prompt
/// of `--batch-size` tokens computed, and the prefix cache's tier as full as its bound. `Part.residence` tells apart
/// what is there from the start, what grows with use, and what the system may take back.
public struct MemoryEstimate: Sendable, Equatable {
    /// What memory is for.
    public enum Kind: String, Sendable, CaseIterable {
        case weights
        /// Copies of weights in the processor's order.
        case repackedWeights = "repacked_weights"
        case kvCache = "kv_cache"
        /// States of recurrent layers.
        case recurrentState = "recurrent_state"
        /// Numbers between the operations of one step.
        case compute
        /// Logits that llama.cpp hands out.
        case output
        /// Prefixes outside the key-value cache (`--cache-ram`).
        case prefixCache = "prefix_cache"
        /// The program, its libraries and its threads.
        case process
        /// Texts and tables of the vocabulary, in llama.cpp's tokenizer and in ours.
        case vocabulary
        case projector, draft, adapters
    }

    /// When memory is taken, and whether it can be taken back.
    public enum Residence: String, Sendable, CaseIterable {
        /// From the start until the worker ends.
        case resident
        /// Of a mapped file: counted as resident, but the system may drop it under pressure, at the price of reading again.
        case mapped
        /// Grows with use up to this number.
        case onDemand = "on_demand"
    }

    /// One line of the estimate.
    public struct Part: Sendable, Equatable {
        public var kind: Kind
        /// `nil` is ordinary memory, else the device's name.
        public var device: String?
        public var bytes: UInt64
        public var residence: Residence
        /// How the number comes about, with the numbers that it is made of.
        public var reason: String

        public init(
            _ kind: Kind, on device: String? = nil, bytes: UInt64, _ residence: Residence = .resident,
            because reason: String = ""
        ) {
            self.kind = kind
            self.device = device
            self.bytes = bytes
            self.residence = residence
            self.reason = reason
        }
    }

    public var parts: [Part]
    /// Cells of the key-value cache.
    public var cells: UInt64
    /// Tokens of one sequence at most.
    public var sequenceTokens: UInt64
    /// Layers on devices, the output counted as one.
    public var layersOnDevices: Int
    /// Whether the bound of the prefix cache's tier was asked for.
    public var isTierAsked: Bool
    /// What somebody should know before they trust or choose this, as sentences.
    public var notes: [String]

    public init(
        parts: [Part], cells: UInt64, sequenceTokens: UInt64, layersOnDevices: Int = 0, isTierAsked: Bool = true,
        notes: [String] = []
    ) {
        self.parts = parts
        self.cells = cells
        self.sequenceTokens = sequenceTokens
        self.layersOnDevices = layersOnDevices
        self.isTierAsked = isTierAsked
        self.notes = notes
    }

    /// Peak of resident bytes in ordinary memory, mapped files included: compare it with `VmHWM` of a worker.
    public var hostBytes: UInt64 { sum { $0.device == nil } }

    /// Bytes of ordinary memory that the system cannot take back without swap.
    public var anonymousBytes: UInt64 { sum { $0.device == nil && $0.residence != .mapped } }

    /// Ordinary memory when the worker is ready and nobody has asked anything yet.
    public var startBytes: UInt64 { sum { $0.device == nil && $0.residence != .onDemand } }

    /// Bytes on each device.
    public var deviceBytes: [String: UInt64] {
        parts.reduce(into: [:]) { sums, part in
            if let device = part.device { sums[device] = (sums[device] ?? 0).addedOrMax(part.bytes) }
        }
    }

    /// What has to be found free in each pool of memory before the model is loaded. The prefix cache's tier counts only when
    /// its bound was asked for: by default it takes what it is given, and can be given less.
    public var footprint: Footprint {
        let tier = isTierAsked ? 0 : sum { $0.kind == .prefixCache }
        return Footprint(host: hostBytes.saturatingLess(tier), devices: deviceBytes)
    }

    private func sum(where isCounted: (Part) -> Bool) -> UInt64 {
        parts.reduce(0) { isCounted($1) ? $0.addedOrMax($1.bytes) : $0 }
    }
}

/// Bytes in ordinary memory and on each device.
public struct Footprint: Sendable, Hashable {
    public var host: UInt64
    /// By llama.cpp's name of the device. A device that is not there has none.
    public var devices: [String: UInt64]

    public init(host: UInt64, devices: [String: UInt64] = [:]) {
        self.host = host
        self.devices = devices
    }

    public static let none = Footprint(host: 0)

    /// Of all pools together.
    public var total: UInt64 { devices.values.reduce(host) { $0.addedOrMax($1) } }

    public static func + (left: Footprint, right: Footprint) -> Footprint {
        Footprint(
            host: left.host.addedOrMax(right.host),
            devices: left.devices.merging(right.devices) { $0.addedOrMax($1) })
    }

    /// What is left of `self` beside `used`; 0 where more is used than there is.
    public func less(_ used: Footprint) -> Footprint {
        Footprint(
            host: host.saturatingLess(used.host),
            devices: devices.reduce(into: [:]) { rest, pool in
                rest[pool.key] = pool.value.saturatingLess(used.devices[pool.key] ?? 0)
            })
    }

    /// Whether all of it fits into what is free.
    public func fits(in free: Footprint) -> Bool {
        host <= free.host && devices.allSatisfy { $0.value <= free.devices[$0.key] ?? 0 }
    }
}
