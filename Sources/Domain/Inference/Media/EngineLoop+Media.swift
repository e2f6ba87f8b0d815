import Vocabulary

/// Images and recordings in prompts: their vectors come from a thread of their own, and are read by the model in the same
/// steps and shares as tokens.
extension EngineLoop {
    /// Whether a sequence can go on: the vectors that it needs next are there.
    static func isReady(_ sequence: RunningSequence) -> Bool {
        let generation = sequence.generation
        guard !generation.request.media.isEmpty,
            let index = generation.request.media.index(at: sequence.computed)
        else { return true }
        return generation.media.vectors(of: index) != nil
    }

    /// Has the next vectors of a prompt computed, if it needs any.
    func encodeNext(_ generation: Generation, computed: Int) {
        guard !generation.request.media.isEmpty, let mediaThread,
            let next = generation.media.next(generation.request.media, computed: computed)
        else { return }
        let (key, index, wish, mailbox) = (generation.key, next.index, next.wish, mailbox)
        mediaThread.add(
            MediaThread.Job(
                chunk: generation.request.media.spans[index].chunk, isWanted: { [weak wish] in wish != nil },
                then: { result, time in mailbox.post(.encoded(key, index, result, time)) }))
    }

    /// Takes vectors that were computed; nobody may want them any more.
    mutating func take(_ result: Result<[Float], ServiceError>, of index: Int, key: UInt64, time: Duration) {
        let place = running.firstIndex { $0.generation.key == key }
        let generation = place.map { running[$0].generation } ?? parked.first { $0.generation.key == key }?.generation
        guard let generation else { return }
        generation.media.took(time)
        switch result {
        case .success(let vectors):
            generation.media.arrived(vectors, of: index)
            if let place { encodeNext(generation, computed: running[place].computed) }
        case .failure(let error):
            abandon(key, error: error)
        }
    }

    /// Whether a share is of rows, which take a computation of their own.
    func isMedia(_ share: StepShare) -> Bool {
        let media = running[share.index].generation.request.media
        return !media.isEmpty && media.index(at: share.range.lowerBound) != nil
    }

    /// Lets the model read rows of an image or a recording.
    ///
    /// - Returns: the row of the last one; `nil` after a failure, which ended the sequence unless there was only no room.
    mutating func computeMedia(_ share: StepShare, with runtime: any ModelRuntime) -> Int? {
        let sequence = running[share.index]
        let generation = sequence.generation
        let media = generation.request.media
        guard let index = media.index(at: share.range.lowerBound), let vectors = generation.media.vectors(of: index)
        else { preconditionFailure("only what is ready is planned") }
        let span = media.spans[index]
        let start = span.range.lowerBound
        do {
            let row = try runtime.decode(
                MediaRows(
                    chunk: span.chunk, vectors: vectors,
                    range: share.range.lowerBound - start..<share.range.upperBound - start, position: span.position,
                    sequence: sequence.isIsolated ? 0 : sequence.slot, wantsLogits: share.wantsToken))
            generation.media.read(media, computed: share.range.upperBound)
            encodeNext(generation, computed: share.range.upperBound)
            return row
        } catch RuntimeFailure.noRoom where !sequence.isIsolated {
            // Nothing was computed: the next step makes room first.
            cache.overfilled(by: share.range.count)
            return nil
        } catch {
            abandon(generation.key, error: Self.failure(error))
            return nil
        }
    }
}

extension Generation {
    /// The position of a token by its place in prompt and answer.
    func position(of place: Int) -> Int { request.media.isEmpty ? place : request.media.position(of: place) }
}
