import Vocabulary

/// Work on many texts, side by side on the machine's cores.
enum Chunks {
    /// Texts of one piece of work: enough that starting it does not matter.
    private static let size = 64

    /// Maps values in order.
    ///
    /// - Parameters:
    ///   - values: any number.
    ///   - transform: called once for each value, with its place; several at the same time.
    /// - Returns: one result for each value, in their order.
    /// - Throws: an error of `transform`; of several, that of the first chunk to fail.
    static func map<Value: Sendable, Result: Sendable>(
        _ values: [Value], _ transform: @escaping @Sendable (Value, Int) throws(ServiceError) -> Result
    ) async throws -> [Result] {
        guard values.count > size else {
            var results: [Result] = []
            for (index, value) in values.enumerated() { results.append(try transform(value, index)) }
            return results
        }
        let starts = Array(stride(from: 0, to: values.count, by: size))
        return try await withThrowingTaskGroup(of: (Int, [Result]).self) { group in
            for (chunk, start) in starts.enumerated() {
                group.addTask {
                    var results: [Result] = []
                    for index in start..<min(start + size, values.count) {
                        results.append(try transform(values[index], index))
                    }
                    return (chunk, results)
                }
            }
            var chunks = [[Result]](repeating: [], count: starts.count)
            for try await (chunk, results) in group { chunks[chunk] = results }
            return chunks.flatMap(\.self)
        }
    }
}
