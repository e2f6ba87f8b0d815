import GGUF
import Hosting
import Testing

@Suite struct MemoryEstimateTests {
    private func bytes(_ estimate: MemoryEstimate, _ kind: MemoryEstimate.Kind, on device: String? = nil) -> UInt64 {
        estimate.parts.filter { $0.kind == kind && $0.device == device }.reduce(0) { $0 + $1.bytes }
    }

    @Test func `the cache has the bytes of its types, and does not grow with the batch`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        request.cells = 4096
        // 4 layers, 64 keys and 64 values of 2 bytes.
        #expect(bytes(MemoryEstimate(of: shape, served: request), .kvCache) == 4096 * 4 * 128 * 2)
        request.batchTokens = 2048
        request.microBatchTokens = 2048
        #expect(bytes(MemoryEstimate(of: shape, served: request), .kvCache) == 4096 * 4 * 128 * 2)
        request.keyType = .q8_0
        request.valueType = .q4_0
        #expect(bytes(MemoryEstimate(of: shape, served: request), .kvCache) == 4096 * 4 * (2 * 34 + 2 * 18))
        request.keyType = .f32
        #expect(bytes(MemoryEstimate(of: shape, served: request), .kvCache) == 4096 * 4 * (64 * 4 + 2 * 18))
    }

    @Test func `cells come in steps of 256, and are sequences times their length when nobody says`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        #expect(MemoryEstimate(of: shape, served: request).cells == 8192 * 4)
        request.cells = 1000
        let estimate = MemoryEstimate(of: shape, served: request)
        #expect(estimate.cells == 1024 && estimate.sequenceTokens == 1000)
        request.sequenceTokens = 100_000
        #expect(MemoryEstimate(of: shape, served: request).sequenceTokens == 1000)
        request.cells = nil
        #expect(MemoryEstimate(of: shape, served: request).notes.contains { $0.contains("8192 tokens") })
    }

    @Test func `a window takes cells for each running sequence and one batch`() throws {
        let shape = ModelShape(
            try ShapedFiles.file("gemma3", ["attention.sliding_window": .uint32(512)], layers: 6))
        var request = MemoryRequest()
        request.cells = 65_536
        // 5 layers with 512 × 4 + 512 cells, 1 with all.
        let row: UInt64 = 128 * 2
        #expect(bytes(MemoryEstimate(of: shape, served: request), .kvCache) == (5 * 2560 + 65_536) * row)
        request.keepsWholeWindow = true
        #expect(bytes(MemoryEstimate(of: shape, served: request), .kvCache) == 6 * 65_536 * row)
    }

    @Test func `states are of 32 bits for each sequence`() throws {
        let keys: [String: GGUFValue] = [
            "ssm.conv_kernel": .uint32(4), "ssm.inner_size": .uint32(512), "ssm.state_size": .uint32(16),
        ]
        let shape = ModelShape(try ShapedFiles.file("mamba", keys))
        var request = MemoryRequest()
        request.parallel = 3
        let estimate = MemoryEstimate(of: shape, served: request)
        #expect(bytes(estimate, .recurrentState) == 4 * 3 * (3 * 512 + 16 * 512) * 4)
        #expect(bytes(estimate, .kvCache) == 0)
    }

    @Test func `logits are held for every sequence of the prefix cache`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        #expect(bytes(MemoryEstimate(of: shape, served: request), .output) == 256 * 64 * 4)
        request.cells = 64
        #expect(bytes(MemoryEstimate(of: shape, served: request), .output) == 64 * 64 * 4)
    }

    @Test func `without flash attention a step has the whole attention matrix, and its copy of 16 bits`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        request.cells = 8192
        let flash = bytes(MemoryEstimate(of: shape, served: request), .compute)
        request.flashAttention = .off
        let whole = bytes(MemoryEstimate(of: shape, served: request), .compute)
        let matrix: UInt64 = 8 * 8192 * 512
        #expect(whole > flash + matrix * 5 && whole < flash + matrix * 7)
        request.microBatchTokens = 128
        #expect(bytes(MemoryEstimate(of: shape, served: request), .compute) < whole / 3)
    }

    @Test func `the prefix cache counts in what has to be free only when it was asked for`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        request.machineBytes = 32 << 30
        let default_ = MemoryEstimate(of: shape, served: request)
        #expect(bytes(default_, .prefixCache) == 4 << 30)
        #expect(default_.hostBytes - default_.footprint.host == 4 << 30)
        request.prefixCacheBytes = 1 << 20
        let asked = MemoryEstimate(of: shape, served: request)
        #expect(asked.footprint.host == asked.hostBytes && bytes(asked, .prefixCache) == 1 << 20)
        #expect(asked.startBytes < asked.hostBytes)
    }

    @Test func `a mapped file can be taken back, one that was read cannot`() throws {
        let file = try ShapedFiles.file(type: .q4_0)
        let shape = ModelShape(file)
        var request = MemoryRequest()
        let mapped = MemoryEstimate(of: shape, served: request)
        #expect(mapped.parts.contains { $0.kind == .weights && $0.residence == .mapped && $0.bytes == file.byteCount })
        #expect(bytes(mapped, .repackedWeights) == shape.repackableBytes)
        request.loading = .read
        let read = MemoryEstimate(of: shape, served: request)
        #expect(bytes(read, .repackedWeights) == 0 && bytes(read, .weights) == shape.weightBytes)
        #expect(read.anonymousBytes > mapped.anonymousBytes)
    }

    @Test func `layers go to devices from the last, with their cache`() throws {
        let shape = ModelShape(try ShapedFiles.file(isTied: false))
        var request = MemoryRequest()
        request.cells = 4096
        request.devices = [.init(name: "CUDA0", freeBytes: 1 << 30), .init(name: "CUDA1", freeBytes: 1 << 30)]
        request.gpuLayers = .count(3)
        let some = MemoryEstimate(of: shape, served: request)
        // The output and two of four layers.
        let layer = shape.layers[0].weightBytes
        let all = bytes(some, .weights, on: "CUDA0") + bytes(some, .weights, on: "CUDA1")
        #expect(all == 2 * layer + shape.ends.outputBytes && some.layersOnDevices == 3)
        let cache = bytes(some, .kvCache, on: "CUDA0") + bytes(some, .kvCache, on: "CUDA1")
        #expect(cache == bytes(some, .kvCache))
        #expect(bytes(some, .weights) == 2 * layer + shape.ends.inputBytes)
        request.offloadsCache = false
        #expect(bytes(MemoryEstimate(of: shape, served: request), .kvCache) == 2 * cache)
        request.gpuLayers = .all
        #expect(bytes(MemoryEstimate(of: shape, served: request), .weights) == shape.ends.inputBytes)
    }

    @Test func `auto takes as many layers as there is room for`() throws {
        let shape = ModelShape(try ShapedFiles.file(layers: 8))
        var request = MemoryRequest()
        request.cells = 65_536
        var before = -1
        for free in [0, 40 << 20, 120 << 20, 1 << 30] as [UInt64] {
            request.devices = [.init(name: "CUDA0", freeBytes: free)]
            let estimate = MemoryEstimate(of: shape, served: request)
            #expect(estimate.layersOnDevices >= before)
            #expect(estimate.deviceBytes["CUDA0"] ?? 0 <= free)
            before = estimate.layersOnDevices
        }
        #expect(before == 9)
        request.devices = []
        #expect(MemoryEstimate(of: shape, served: request).layersOnDevices == 0)
    }

    @Test func `draft, projector and adapters are lines of their own`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var request = MemoryRequest()
        request.draft = .init(shape: ModelShape(try ShapedFiles.file(layers: 1)), cells: 512)
        request.adapterBytes = [1000, 2000]
        let estimate = MemoryEstimate(of: shape, served: request)
        #expect(bytes(estimate, .adapters) == 3000)
        #expect(bytes(estimate, .draft) > 512 * 128 * 2)
        let alone = MemoryEstimate(of: shape, served: MemoryRequest())
        #expect(estimate.hostBytes == alone.hostBytes + 3000 + bytes(estimate, .draft))
    }

    @Test func `what is predicted follows what workers took, upwards at once, within bounds`() {
        var correction = MemoryCorrection()
        correction.learn(measured: 120, predicted: 100)
        #expect(correction.applied(to: 1000) == 1200)
        correction.learn(measured: 100, predicted: 100)
        #expect(correction.ratio > 1.09 && correction.ratio < 1.11 && correction.count == 2)
        // The same again is no news.
        let before = correction
        correction.learn(measured: UInt64(before.ratio * 100_000), predicted: 100_000)
        #expect(correction == before)
        for _ in 0..<100 { correction.learn(measured: 1, predicted: 100) }
        #expect(correction.ratio == 0.5)
        correction.learn(measured: 10_000, predicted: 100)
        #expect(correction.ratio == 2)
        correction.learn(measured: 10, predicted: 0)
        #expect(MemoryCorrection(ratio: .nan).ratio == 1 && MemoryCorrection(ratio: 99).ratio == 2)
        #expect(correction.applied(to: UInt64.max) == UInt64.max)
    }

    @Test func `loading is predicted by bytes, and learned`() {
        var time = LoadTime()
        let before = time.seconds(forBytes: 1 << 30)
        time.learn(seconds: 1.15, bytes: 10_000_000_000)
        #expect(time.seconds(forBytes: 10_000_000_000) > 1.1 && time.seconds(forBytes: 10_000_000_000) < 1.2)
        #expect(time.seconds(forBytes: 1 << 30) < before)
        time.learn(seconds: .nan, bytes: 1)
        time.learn(seconds: 1, bytes: 0)
        #expect(time.count == 1)
    }
}
