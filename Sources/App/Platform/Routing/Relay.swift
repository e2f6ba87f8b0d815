/// Hands elements from several writers to one reader. Writers wait while it is full.
actor Relay<Element: Sendable> {
    private let countMax: Int
    private var waiting: [Element] = []
    private var writers: [OneShot<Void>] = []
    private var reader: OneShot<Void>?
    private var end: Result<Void, any Error>?

    /// - Parameter countMax: elements that may wait for the reader; 1 or more.
    init(countMax: Int = 64) { self.countMax = countMax }

    /// Gives an element; waits until there is room.
    ///
    /// - Throws: `CancellationError`.
    func send(_ element: Element) async throws {
        while waiting.count >= countMax, end == nil {
            let place = OneShot<Void>()
            writers.append(place)
            try await place.wait()
        }
        guard end == nil else { return }
        waiting.append(element)
        wakeReader()
    }

    /// No more come; the reader gets those that wait, then this.
    func finish(_ result: Result<Void, any Error> = .success(())) {
        guard end == nil else { return }
        end = result
        wakeReader()
        for writer in writers { writer.give(.success(())) }
        writers = []
    }

    /// The next element; `nil` at the end.
    ///
    /// - Throws: what `finish` was given; `CancellationError`.
    func next() async throws -> Element? {
        while waiting.isEmpty {
            if let end {
                try end.get()
                return nil
            }
            let place = OneShot<Void>()
            reader = place
            try await place.wait()
        }
        let element = waiting.removeFirst()
        while !writers.isEmpty, waiting.count < countMax {
            // One that gave up takes no room; the next one may have it.
            if writers.removeFirst().give(.success(())) { break }
        }
        return element
    }

    private func wakeReader() {
        reader?.give(.success(()))
        reader = nil
    }
}
