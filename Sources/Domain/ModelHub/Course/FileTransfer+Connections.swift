extension FileTransfer {
    /// One connection: takes runs of missing blocks until there are none.
    func work(_ state: TransferState, _ part: any PartFile) async throws {
        var failures = 0
        var finishedBefore = state.finishedBytes
        while let errand = state.take(connections: options.connections, blocksMax: options.runBlocksMax) {
            if let pause = state.pause(now: client.time.now()) { try await client.time.sleep(pause) }
            do {
                try await fetch(errand, state, part)
                failures = 0
            } catch {
                state.giveBack(errand)
                report(.bytes(state.receivedBytes))
                guard let setback = Setback(error) else { throw error }
                let finished = state.finishedBytes
                failures = finished > finishedBefore ? 1 : failures + 1
                finishedBefore = finished
                try await rest(after: setback, failures: failures, state)
            }
        }
    }

    private func rest(after setback: Setback, failures: Int, _ state: TransferState) async throws {
        switch options.retries.decide(
            reason: setback.reason, asked: setback.after, failures: failures, chance: client.time.chance())
        {
        case .giveUp(let error): throw error
        case .again(let wait):
            report(.setback(setback.reason, after: wait))
            // Who is asked to wait waits with all connections.
            if setback.after != nil { state.pause(until: client.time.now() + wait) }
            try await client.time.sleep(wait)
        }
    }

    /// Fetches the blocks of an errand and writes them.
    private func fetch(_ errand: TransferState.Errand, _ state: TransferState, _ part: any PartFile) async throws {
        let place = try await currentPlace(state)
        let asked = errand.isWhole ? 0..<identity.size : errand.run.bytes
        let range = errand.isWhole ? nil : asked.lowerBound...(asked.upperBound - 1)
        defer { if errand.isWhole { state.endWhole() } }
        let response = try await client.transport.send(
            HubRequest(
                .get, place.url, token: place.isHub ? client.token : nil, range: range, isRedirected: !place.isHub))
        guard [200, 206].contains(response.status) else { throw try refusal(of: response, at: place, state) }
        let answer: RangeAnswer
        do {
            answer = try RangeAnswer.read(response, asked: asked, size: identity.size)
        } catch {
            // The hub says whether the file has changed.
            state.forget(place)
            throw Setback(error.message)
        }
        guard answer == .whole else { return try await receive(response, asked, state, part) }
        state.giveBack(errand)
        // Where another connection reads the whole file already, this one has nothing more to do.
        guard state.becomeWhole() else { return }
        defer { state.endWhole() }
        try await receive(response, 0..<identity.size, state, part)
    }

    private func currentPlace(_ state: TransferState) async throws -> FilePlace {
        if let place = state.place { return place }
        let place = try await place()
        state.place = place
        return place
    }

    /// What an answer that is none means.
    private func refusal(of response: HubResponse, at place: FilePlace, _ state: TransferState) throws -> Setback {
        if place.isHub {
            switch client.answer(response, repository, hasToken: client.token != nil) {
            case .later(let reason, let wait): return Setback(reason, after: wait)
            case .refused(let error): throw error
            case .good, .elsewhere:
                state.forget(place)
                return Setback("The hub answers with status \(response.status) to a request for bytes.")
            }
        }
        let status = response.status
        if status == 429 || status == 408 || status >= 500 {
            return Setback(
                "The storage answers with status \(status).",
                after: RateLimit.wait(response, now: client.time.unixSeconds()))
        }
        // A signed address that has run out, or one that leads on: the hub is asked again.
        state.forget(place)
        return Setback("The storage answers with status \(status); the hub is asked for a new address.")
    }

    /// Writes a body that holds `bytes` of the file. Blocks that are here already are passed over.
    private func receive(
        _ response: HubResponse, _ bytes: Range<Int>, _ state: TransferState, _ part: any PartFile
    ) async throws {
        var intake = BlockIntake(start: bytes.lowerBound, state: state)
        var stall = StallWatch(rateMin: options.rateMin, window: options.slowMax)
        defer { intake.leave() }
        var asked = client.time.now()
        for try await chunk in response.body {
            let arrived = client.time.now()
            let isSlow = stall.note(bytes: chunk.count, waiting: arrived - asked)
            guard intake.offset + chunk.count <= bytes.upperBound else {
                throw Setback("The storage sends more than the \(bytes.count) bytes that it announced.")
            }
            if intake.needs(chunk.count) { try await part.write(chunk, at: intake.offset) }
            intake.take(chunk.count)
            report(.bytes(state.receivedBytes))
            // Told on while the limit makes us wait, which may be for minutes: a report that comes right after another one
            // is dropped.
            try await throttle.pass(chunk.count) { report(.bytes(state.receivedBytes)) }
            if isSlow { throw Setback("The connection was slower than \(options.rateMin) bytes per second.") }
            asked = client.time.now()
        }
        // A body without a length may end early without an error, and so does one whose task is cancelled.
        try Task.checkCancellation()
        guard intake.offset == bytes.upperBound else {
            throw Setback("The storage ended after \(intake.offset - bytes.lowerBound) of \(bytes.count) bytes.")
        }
    }
}

/// Counts the bytes of one answer into blocks.
struct BlockIntake {
    /// Where in the file the next byte belongs.
    private(set) var offset: Int
    private let state: TransferState
    /// Bytes of the current block that this answer has brought.
    private var partial = 0

    /// - Parameters:
    ///   - start: where a block begins.
    ///   - state: what the connections of the file share.
    init(start: Int, state: TransferState) {
        precondition(start % state.blockBytes == 0, "answers are asked for in whole blocks")
        offset = start
        self.state = state
    }

    /// Whether any of the next bytes are not here yet.
    func needs(_ count: Int) -> Bool { state.needs(offset..<(offset + count)) }

    /// So many bytes have been written, or were here already.
    mutating func take(_ count: Int) {
        var left = count
        while left > 0 {
            let block = offset / state.blockBytes
            let end = state.bytes(of: block).upperBound
            let step = min(left, end - offset)
            offset += step
            left -= step
            partial += step
            state.received(step)
            if offset == end {
                state.finish(block, received: partial)
                partial = 0
            }
        }
    }

    /// What is left of a block that did not become complete does not count.
    mutating func leave() {
        state.unreceive(partial)
        partial = 0
    }
}
