import Digests
import Foundation
import Synchronization

@testable import ModelHub

/// A hub in memory: one repository, a storage host with signed addresses, and faults that the test chooses.
final class StoredHub: HubTransport {
    enum Fault: Sendable {
        case status(Int, [String: String])
        /// The connection breaks before there is an answer.
        case noAnswer
        /// The body ends with a broken connection after so many bytes.
        case brokenAfter(Int)
        /// The body ends well, and too early.
        case cutAfter(Int)
        /// The same, of a body whose length was not announced.
        case unmeasured(cutAfter: Int)
        /// More bytes than the range has, of a body whose length was not announced.
        case overlong
        /// The range is not looked at.
        case rangeIgnored
        case wrongRange
        /// One byte is another one.
        case damaged
    }

    struct State: Sendable {
        var commit = "c0ffee0000000000000000000000000000000001"
        var files: [String: [UInt8]] = [:]
        /// Files whose bytes the storage has; others are served by the hub itself.
        var stored: Set<String> = []
        var pageSize = 1000
        var requests: [HubRequest] = []
        var signature = 0
        /// Requests that a signature is good for.
        var signatureUses = Int.max
        var usesLeft = Int.max
        var listedSizes: [String: Int] = [:]
        var token: String?
        /// Who asked the storage with a token.
        var leaks = 0
    }

    let state: Mutex<State>
    /// Asked for each request for bytes, with its number.
    private let fault: @Sendable (HubRequest, Int) -> Fault?

    init(
        _ files: [String: [UInt8]], stored: Set<String>? = nil,
        fault: @escaping @Sendable (HubRequest, Int) -> Fault? = { _, _ in nil }
    ) {
        var state = State()
        state.files = files
        state.stored = stored ?? Set(files.keys)
        self.state = Mutex(state)
        self.fault = fault
    }

    static let address = HubAddress("https://hub.test")
    private static let storage = "https://storage.test/"

    func send(_ request: HubRequest) async throws -> HubResponse {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.requests.append(request)
            return state.requests.count
        }
        if request.url.hasPrefix(Self.storage) { return try storage(request, number) }
        let path = String(request.url.dropFirst(Self.address.base.count).prefix { $0 != "?" })
        if let token = state.withLock({ $0.token }), request.token != token {
            return response(401, ["x-error-code": "RepoNotFound"], [])
        }
        if path.hasPrefix("/api/models/a/b/revision/") {
            let commit = state.withLock { $0.commit }
            return response(200, [:], Array("{\"id\":\"a/b\",\"sha\":\"\(commit)\"}".utf8))
        }
        if path.hasPrefix("/api/models/a/b/tree/") { return tree(request.url) }
        guard path.hasPrefix("/a/b/resolve/") else { return response(404, ["x-error-code": "RepoNotFound"], []) }
        return try resolve(request, path, number)
    }

    private func tree(_ url: String) -> HubResponse {
        let state = state.withLock { $0 }
        let start = url.split(separator: "cursor=").last.flatMap { Int($0) } ?? 0
        let names = state.files.keys.sorted().dropFirst(start)
        let entries = names.prefix(state.pageSize).map { name in
            let bytes = state.files[name] ?? []
            let size = state.listedSizes[name] ?? bytes.count
            return state.stored.contains(name)
                ? "{\"type\":\"file\",\"path\":\"\(name)\",\"size\":\(size),\"oid\":\"\(Self.git(bytes))\",\"lfs\":{\"oid\":\"\(Self.sha(bytes))\",\"size\":\(size)}}"
                : "{\"type\":\"file\",\"path\":\"\(name)\",\"size\":\(size),\"oid\":\"\(Self.git(bytes))\"}"
        }
        var headers: [String: String] = [:]
        if names.count > state.pageSize {
            headers["link"] = "<https://elsewhere.test/x?recursive=true&cursor=\(start + state.pageSize)>; rel=\"next\""
        }
        return response(200, headers, Array("[\(entries.joined(separator: ","))]".utf8))
    }

    private func resolve(_ request: HubRequest, _ path: String, _ number: Int) throws -> HubResponse {
        let parts = path.split(separator: "/", maxSplits: 4).map(String.init)
        let (state, signature) = state.withLock { state in
            state.signature += 1
            state.usesLeft = state.signatureUses
            return (state, state.signature)
        }
        guard parts.count == 5, parts[3] == state.commit, let bytes = state.files[parts[4]] else {
            return response(404, ["x-error-code": "EntryNotFound"], [])
        }
        var headers = ["x-repo-commit": state.commit]
        if state.stored.contains(parts[4]) {
            headers["x-linked-etag"] = "\"\(Self.sha(bytes))\""
            headers["x-linked-size"] = "\(bytes.count)"
            return response(302, headers, [], location: "\(Self.storage)\(parts[4])?signature=\(signature)")
        }
        headers["etag"] = "\"\(Self.git(bytes))\""
        return try bytesAnswer(request, bytes, number, headers)
    }

    private func storage(_ request: HubRequest, _ number: Int) throws -> HubResponse {
        let name = String(request.url.dropFirst(Self.storage.count).prefix { $0 != "?" })
        let signature = request.url.split(separator: "signature=").last.flatMap { Int($0) }
        let (bytes, isGood) = state.withLock { state in
            if request.token != nil { state.leaks += 1 }
            state.usesLeft -= 1
            return (state.files[name], signature == state.signature && state.usesLeft >= 0)
        }
        guard isGood, let bytes else { return response(403, [:], Array("<Error>Request has expired</Error>".utf8)) }
        return try bytesAnswer(request, bytes, number, [:])
    }

    private func bytesAnswer(
        _ request: HubRequest, _ bytes: [UInt8], _ number: Int, _ headers: [String: String]
    ) throws -> HubResponse {
        var headers = headers
        guard request.method == .get else {
            headers["content-length"] = "\(bytes.count)"
            return response(200, headers, [])
        }
        let fault = fault(request, number)
        var range = request.range.map { $0.lowerBound..<($0.upperBound + 1) }
        switch fault {
        case .status(let status, let more): return response(status, more, [])
        case .noAnswer: throw HubTransportError("The connection was refused.", isPassing: true)
        case .rangeIgnored: range = nil
        default: break
        }
        var piece = Array(range.map { bytes[$0] } ?? bytes[...])
        headers["content-length"] = "\(piece.count)"
        if let range {
            let shift = if case .wrongRange = fault { 1 } else { 0 }
            headers["content-range"] =
                "bytes \(range.lowerBound + shift)-\(range.upperBound - 1 + shift)/\(bytes.count + shift)"
        }
        if case .damaged = fault, !piece.isEmpty { piece[piece.count / 2] ^= 1 }
        if case .brokenAfter(let count) = fault {
            return response(
                range == nil ? 200 : 206, headers, Array(piece.prefix(count)),
                error: HubTransportError("The connection broke.", isPassing: true))
        }
        switch fault {
        case .cutAfter(let count): piece = Array(piece.prefix(count))
        case .unmeasured(let count):
            headers["content-length"] = nil
            piece = Array(piece.prefix(count))
        case .overlong:
            headers["content-length"] = nil
            piece += [1, 2, 3]
        default: break
        }
        return response(range == nil ? 200 : 206, headers, piece)
    }

    private func response(
        _ status: Int, _ headers: [String: String], _ body: [UInt8], location: String? = nil, error: (any Error)? = nil
    ) -> HubResponse {
        let chunks = stride(from: 0, to: body.count, by: 7).map { Array(body[$0..<min(body.count, $0 + 7)]) }
        let source = Mutex(chunks[...])
        return HubResponse(
            status: status, headers: headers, location: location,
            body: AsyncThrowingStream<[UInt8], any Error> {
                await Task.yield()
                try Task.checkCancellation()
                if let chunk = source.withLock({ $0.popFirst() }) { return chunk }
                if let error { throw error }
                return nil
            })
    }

    static func sha(_ bytes: [UInt8]) -> String { SHA256.digest(of: bytes).hexadecimal }

    static func git(_ bytes: [UInt8]) -> String {
        let digest = RunningDigest(for: .gitBlob(""), size: bytes.count)
        digest.update(bytes)
        return digest.finish().hexadecimal
    }
}

/// A folder of models in memory, whose disk may be full and whose process may be killed.
final class StoredFolder: ModelFolder {
    struct State: Sendable {
        var era = 1
        var finished: [String: [UInt8]] = [:]
        /// Finished files that a power cut would damage.
        var loose: Set<String> = []
        /// The process ends before anything is settled.
        var isSettlingHeld = false
        var parts: [String: [UInt8]] = [:]
        var ledgers: [String: [UInt8]] = [:]
        /// What a power cut would leave of the parts.
        var synced: [String: [UInt8]] = [:]
        var freeBytes = 1 << 40
        /// Bytes that can still be written before the disk is full.
        var writableBytes = Int.max
        var writtenBytes = 0
    }

    let state = Mutex(State())

    var era: String { "\(state.withLock { $0.era })" }
    func absolute(_ path: String) -> String { "/models/\(path)" }
    func freeBytes() async throws -> Int { state.withLock { $0.freeBytes } }
    func size(of path: String) async throws -> Int? { state.withLock { $0.finished[path]?.count } }
    func digest(_ path: String, into digest: RunningDigest) async throws {
        digest.update(state.withLock { $0.finished[path] ?? [] })
    }
    func ledger(of path: String) async throws -> [UInt8]? { state.withLock { $0.ledgers[path] } }
    func openPart(of path: String, size: Int) async throws -> any PartFile {
        state.withLock { state in
            let old = state.parts[path] ?? []
            state.parts[path] = Array((old + [UInt8](repeating: 0xEE, count: max(0, size - old.count))).prefix(size))
        }
        return StoredPart(folder: self, path: path)
    }

    func settle(_ path: String) async throws {
        await Task.yield()
        try state.withLock { state in
            guard !state.isSettlingHeld else { throw HubError(.fileFailed, "It is too late.") }
            state.loose.remove(path)
            state.ledgers[path] = nil
        }
    }
    func unsettled() async throws -> [String] {
        state.withLock { state in state.ledgers.keys.filter { state.finished[$0] != nil && state.parts[$0] == nil } }
    }
    func withdraw(_ path: String) async throws {
        state.withLock { $0.parts[path] = $0.finished.removeValue(forKey: path) }
    }

    /// The machine goes down: only what was synced is there afterwards, and the rest is zeros.
    func cutPower() {
        state.withLock { state in
            state.era += 1
            for (path, bytes) in state.parts { state.parts[path] = lost(bytes, but: state.synced[path]) }
            for path in state.loose {
                state.finished[path] = state.finished[path].map { lost($0, but: state.synced[path]) }
            }
            state.loose = []
        }
    }

    private func lost(_ bytes: [UInt8], but synced: [UInt8]?) -> [UInt8] {
        synced.map { Array($0.prefix(bytes.count)) } ?? [UInt8](repeating: 0, count: bytes.count)
    }
}

private struct StoredPart: PartFile {
    let folder: StoredFolder
    let path: String

    func write(_ bytes: [UInt8], at offset: Int) async throws {
        try folder.state.withLock { state in
            guard bytes.count <= state.writableBytes else {
                throw HubError(.noSpace, "The disk is full.")
            }
            state.writableBytes -= bytes.count
            state.writtenBytes += bytes.count
            state.parts[path]?.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        await Task.yield()
    }
    func digest(_ range: Range<Int>, into digest: RunningDigest) async throws {
        digest.update(folder.state.withLock { Array(($0.parts[path] ?? [])[range]) })
    }
    func sync() async throws { folder.state.withLock { $0.synced[path] = $0.parts[path] } }
    func writeLedger(_ bytes: [UInt8]) async throws { folder.state.withLock { $0.ledgers[path] = bytes } }
    func finish() async throws {
        folder.state.withLock { state in
            state.finished[path] = state.parts.removeValue(forKey: path)
            state.loose.insert(path)
        }
    }
    func discard() async throws {
        folder.state.withLock { state in
            state.parts[path] = nil
            state.ledgers[path] = nil
            state.synced[path] = nil
        }
    }
}

extension HubTime {
    /// A thousand times as fast as the clock, where it sleeps.
    static let hurried = HubTime(
        now: { ContinuousClock.now }, sleep: { try await Task.sleep(for: $0 / 1000) }, chance: { 0.5 },
        unixSeconds: { 1_000_000_000 })
}
