/// A question that was answered, as it is found by its meaning.
public struct SimilarQuestion: Sendable, Equatable {
    /// Of its answer.
    public var key: AnswerKey
    /// Only questions of the same circle are compared: SHA-256 of the tenant, of who answers, of the model that made the vector,
    /// and of everything in the request but the question.
    public var circle: AnswerKey
    public var vector: QuestionVector
    /// What a vector does not see.
    public var marks: QuestionMarks
    /// Microseconds since 1970.
    public var expiresAt: Int64

    public init(
        key: AnswerKey, circle: AnswerKey, vector: QuestionVector, marks: QuestionMarks, expiresAt: Int64
    ) {
        self.key = key
        self.circle = circle
        self.vector = vector
        self.marks = marks
        self.expiresAt = expiresAt
    }
}

/// A vector of length 1, in groups of eight numbers; the last group is filled with zeros.
public struct QuestionVector: Sendable, Equatable {
    /// Longest that is taken.
    public static let dimensionsMax = 16_384

    let groups: [SIMD8<Float>]

    /// - Parameter numbers: of any length but zero, one that is a number: else there is no direction, and `nil`.
    public init?(_ numbers: [Float]) {
        let square = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square.isFinite, square > 0, numbers.count <= Self.dimensionsMax else { return nil }
        let scale = Float(1 / square.squareRoot())
        groups = stride(from: 0, to: numbers.count, by: 8).map { start in
            var group = SIMD8<Float>()
            for place in start..<min(start + 8, numbers.count) { group[place - start] = numbers[place] * scale }
            return group
        }
    }

    /// The cosine of the angle between two vectors; 0 where they are not of one length.
    public func cosine(_ other: QuestionVector) -> Float {
        guard groups.count == other.groups.count else { return 0 }
        return groups.withContiguous { left in other.groups.withContiguous { dot(left, $0, 0) } }
    }

    /// Little-endian numbers, as `init(bytes:)` reads them.
    public var bytes: [UInt8] {
        var packed = PackedBytes()
        for group in groups { for place in 0..<8 { packed.write(group[place]) } }
        return packed.bytes
    }

    /// - Parameter bytes: what `bytes` gave; `nil` for anything else.
    public init?(bytes: [UInt8]) {
        guard bytes.count % 32 == 0, !bytes.isEmpty, bytes.count <= 4 * Self.dimensionsMax else { return nil }
        var reader = UnpackedBytes(bytes[...])
        var numbers: [Float] = []
        do { while !reader.isAtEnd { numbers.append(try reader.float()) } } catch { return nil }
        self.init(numbers)
    }
}

extension [SIMD8<Float>] {
    fileprivate func withContiguous<Result>(_ body: (Span<SIMD8<Float>>) -> Result) -> Result { body(span) }
}

/// The dot product of a vector and the row of a table that begins at `start`.
func dot(_ vector: Span<SIMD8<Float>>, _ table: Span<SIMD8<Float>>, _ start: Int) -> Float {
    // Four sums, so that no addition waits for the one before it.
    var (a, b, c, d) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
    var place = 0
    while place + 4 <= vector.count {
        a.addProduct(vector[place], table[start + place])
        b.addProduct(vector[place + 1], table[start + place + 1])
        c.addProduct(vector[place + 2], table[start + place + 2])
        d.addProduct(vector[place + 3], table[start + place + 3])
        place += 4
    }
    while place < vector.count {
        a.addProduct(vector[place], table[start + place])
        place += 1
    }
    return ((a + b) + (c + d)).sum()
}

extension SIMD8<Float> {
    @inline(__always) fileprivate mutating func addProduct(_ left: Self, _ right: Self) { self += left * right }
}
