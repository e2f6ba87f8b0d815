/// Which layers of a model go to which device.
///
/// Source: `llama_model::load_tensors` of llama.cpp: the last layers go first, the output counts as one, devices get ranges of
/// layers in proportion, and token embeddings stay in ordinary memory.
struct LayerPlacement {
    /// Names in their order.
    let devices: [String]
    /// Bytes of weights in each pool.
    private(set) var weightBytes = Footprint.none
    /// Layers on devices, the output counted as one.
    let layersOnDevices: Int
    let outputDevice: String?
    private let places: [String?]
    private let offloadsCache: Bool

    init(_ shape: ModelShape, _ request: MemoryRequest, _ context: ServedContext) {
        let most = shape.layers.count + 1
        guard !request.devices.isEmpty, !shape.layers.isEmpty else {
            self.init(shape, request, onDevices: 0)
            return
        }
        switch request.gpuLayers {
        case .all: self.init(shape, request, onDevices: most)
        case .count(let count): self.init(shape, request, onDevices: max(0, min(count, most)))
        case .auto:
            let numbers = StepNumbers(shape, request, context)
            let fitting = (0...most).last { count in
                Self(shape, request, onDevices: count).fits(shape, request, context, numbers)
            }
            self.init(shape, request, onDevices: fitting ?? 0)
        }
    }

    private init(_ shape: ModelShape, _ request: MemoryRequest, onDevices count: Int) {
        devices = request.devices.map(\.name)
        offloadsCache = request.offloadsCache
        layersOnDevices = count
        let first = shape.layers.count + 1 - count
        let shares = Self.shares(request)
        func device(of layer: Int) -> String? {
            guard layer >= first, let last = request.devices.indices.last else { return nil }
            let place = Double(layer - first) / Double(max(1, count))
            return request.devices[shares.firstIndex { place < $0 } ?? last].name
        }
        places = shape.layers.indices.map(device)
        outputDevice = device(of: shape.layers.count)
        var bytes = Footprint(host: shape.ends.inputBytes)
        func add(_ count: UInt64, to device: String?) {
            if let device {
                bytes.devices[device] = (bytes.devices[device] ?? 0).addedOrMax(count)
            } else {
                bytes.host = bytes.host.addedOrMax(count)
            }
        }
        for (index, layer) in shape.layers.enumerated() {
            let experts = index < request.expertLayersOnCPU ? min(layer.expertBytes, layer.weightBytes) : 0
            add(experts, to: nil)
            add(layer.weightBytes - experts, to: places[index])
        }
        add(shape.ends.outputBytes, to: outputDevice)
        // A device needs a matrix of its own for scoring, the processor takes the embeddings.
        if shape.ends.isTied, outputDevice != nil { add(shape.ends.inputBytes, to: outputDevice) }
        weightBytes = bytes
    }

    /// Where each device's part ends, as a proportion of all layers that are on devices.
    private static func shares(_ request: MemoryRequest) -> [Double] {
        guard request.split != .none else { return [1] }
        let said = request.devices.map { max(0, $0.proportion) }
        let weights = said.contains { $0 > 0 } ? said : request.devices.map { Double($0.freeBytes) }
        let all = weights.reduce(0, +)
        guard all > 0 else { return [1] }
        var sum = 0.0
        return weights.map { weight in
            sum += weight / all
            return sum
        }
    }

    /// The device that holds a layer's cache; `nil` is ordinary memory.
    func cacheDevice(of layer: Int) -> String? { offloadsCache ? places[layer] : nil }

    private func fits(
        _ shape: ModelShape, _ request: MemoryRequest, _ context: ServedContext, _ numbers: StepNumbers
    ) -> Bool {
        var used = weightBytes.devices
        for (index, layer) in shape.layers.enumerated() {
            guard let device = cacheDevice(of: index) else { continue }
            used[device] = (used[device] ?? 0).addedOrMax(context.cacheBytes(layer))
                .addedOrMax(context.stateBytes(layer))
        }
        for device in used.keys {
            used[device] = (used[device] ?? 0).addedOrMax(numbers.reservedBytes)
                .addedOrMax(device == outputDevice ? numbers.logitBytes : 0)
        }
        return request.devices.allSatisfy { used[$0.name] ?? 0 <= $0.freeBytes }
    }
}
