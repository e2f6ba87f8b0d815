/// What is found in the blocks after `measure`.
extension LogitRow {
    /// A logit that at least `wanted` tokens reach; minus infinity when the blocks cannot tell.
    ///
    /// So many blocks have a largest logit at or above the `wanted`-th largest of the blocks' largest logits. Usually few
    /// tokens more than those reach it.
    func threshold(reachedBy wanted: Int) -> Float {
        guard wanted > 0 else { return largest }
        guard wanted < liveBlocks else { return -.infinity }
        if wanted <= Self.groupCount / 2, blockCount >= 2 * Self.groupCount {
            // So many groups have a block that reaches it. It is a little lower than the exact one, and found at once.
            fold()
            let reached = smallest(ofLargest: wanted, groups, Self.groupCount)
            if reached > -.infinity { return reached }
        }
        return smallest(ofLargest: wanted, maxima, blockCount)
    }

    /// Leaves the largest logit of each of `groupCount` groups of blocks in `groups`.
    private func fold() {
        groups.update(from: maxima, count: Self.groupCount)
        let whole = blockCount - blockCount % 8
        for block in stride(from: Self.groupCount, to: whole, by: 8) {
            let group = groups + block % Self.groupCount
            Lanes.load(group).larger(Lanes.load(maxima + block)).store(group)
        }
        for block in whole..<blockCount {
            let group = block % Self.groupCount
            groups[group] = max(groups[group], maxima[block])
        }
    }

    /// The `wanted`-th largest of some numbers.
    private func smallest(ofLargest wanted: Int, _ numbers: UnsafePointer<Float>, _ count: Int) -> Float {
        // The smallest of the `wanted` largest so far is at the top.
        heap.update(from: numbers, count: wanted)
        for index in stride(from: wanted / 2 - 1, through: 0, by: -1) { sink(index, wanted) }
        var start = wanted
        while start < count {
            if start + 8 <= count, Lanes.load(numbers + start).largest <= heap[0] {
                start += 8
                continue
            }
            for next in start..<min(start + 8, count) where numbers[next] > heap[0] {
                heap[0] = numbers[next]
                sink(0, wanted)
            }
            start += 8
        }
        return heap[0]
    }

    @inline(__always)
    private func sink(_ start: Int, _ size: Int) {
        let value = heap[start]
        var index = start
        while true {
            var child = 2 * index + 1
            if child >= size { break }
            if child + 1 < size && heap[child + 1] < heap[child] { child += 1 }
            if heap[child] >= value { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = value
    }

    /// Puts the tokens whose logit is at least `threshold`, and finite, into `candidates`, in the order of the
    /// vocabulary, their logits divided by `temperature`.
    func collect(
        atLeast threshold: Float, _ base: UnsafePointer<Float>, temperature: Float, into candidates: inout Candidates
    ) {
        candidates.removeAll()
        let bound = max(threshold, -.greatestFiniteMagnitude)
        for start in stride(from: 0, to: blockCount, by: 8) {
            let end = min(start + 8, blockCount)
            if end == start + 8, Lanes.load(maxima + start).largest < bound { continue }
            for block in start..<end where maxima[block] >= bound {
                collect(block, atLeast: bound, base, temperature: temperature, into: &candidates)
            }
        }
        candidates.impossible = count - candidates.count
    }

    @inline(__always)
    private func collect(
        _ block: Int, atLeast bound: Float, _ base: UnsafePointer<Float>, temperature: Float,
        into candidates: inout Candidates
    ) {
        let pointer = logits(of: block, base)
        for offset in stride(from: 0, to: Self.blockSize, by: 8)
        where Lanes.load(pointer + offset).largest >= bound {
            for index in offset..<offset + 8 where pointer[index] >= bound {
                let token = Int32(truncatingIfNeeded: block &* Self.blockSize &+ index)
                candidates.append(token, logit: pointer[index] / temperature)
            }
        }
    }

    /// The sum of e^(logit / temperature - largest / temperature) over all tokens; each block's part is left in `sums`.
    func sumExponentials(_ base: UnsafePointer<Float>, temperature: Float) -> Double {
        // Divided one by one, as llama.cpp does: multiplying by an inverse would round large logits otherwise.
        let divisor = Lanes(repeating: temperature)
        return temperature == 1
            ? sumPowers(base, peak: largest) { $0 } : sumPowers(base, peak: largest / temperature) { $0 / divisor }
    }

    @inline(__always)
    private func sumPowers(_ base: UnsafePointer<Float>, peak: Float, _ heat: (Lanes) -> Lanes) -> Double {
        let binary = Lanes(repeating: 1.442_695_04)
        let peaks = Lanes(repeating: peak)
        var total = 0.0
        for block in 0..<blockCount {
            guard maxima[block] > -.infinity else {
                sums[block] = 0
                continue
            }
            let pointer = logits(of: block, base)
            var sum = ((heat(Lanes.load(pointer)) - peaks) * binary).powerOfTwo
            for offset in stride(from: 8, to: Self.blockSize, by: 8) {
                sum += ((heat(Lanes.load(pointer + offset)) - peaks) * binary).powerOfTwo
            }
            let part = sum.total
            sums[block] = part
            total += Double(part)
        }
        return total
    }

    /// The token in whose share of the sum `target` (0 up to what `sumExponentials` gave) lies, with the shares in the
    /// order of the vocabulary, and its share.
    func token(at target: Double, _ base: UnsafePointer<Float>, temperature: Float) -> (token: Int32, share: Double) {
        var run = 0.0
        var block = 0
        var last = 0
        while block < blockCount {
            if maxima[block] > -.infinity { last = block }
            if run + Double(sums[block]) >= target, maxima[block] > -.infinity { break }
            run += Double(sums[block])
            block += 1
        }
        block = min(block, last)
        let pointer = logits(of: block, base)
        var chosen = (token: Int32(0), share: 0.0)
        for index in 0..<Self.blockSize where pointer[index] > -.infinity {
            let share = Double(Exponential.of(pointer[index] / temperature - largest / temperature))
            chosen = (Int32(block * Self.blockSize + index), share)
            run += share
            if run >= target { break }
        }
        return chosen
    }

    /// The first token with the largest logit.
    func firstLargest(_ base: UnsafePointer<Float>) -> Int32 {
        for block in 0..<blockCount where maxima[block] == largest {
            let pointer = logits(of: block, base)
            for index in 0..<Self.blockSize where pointer[index] == largest {
                return Int32(block * Self.blockSize + index)
            }
        }
        preconditionFailure("measure found this logit")
    }

    /// Mean and standard deviation of the finite logits.
    func spread(_ base: UnsafePointer<Float>) -> (mean: Double, deviation: Double) {
        var number = 0
        var sum = 0.0
        var squares = 0.0
        // Around the largest, so that squares of large logits do not swallow the spread.
        for block in 0..<blockCount where maxima[block] > -.infinity {
            let pointer = logits(of: block, base)
            var partSum = Float(0)
            var partSquares = Float(0)
            for index in 0..<Self.blockSize where pointer[index] > -.infinity {
                let distance = pointer[index] - largest
                number += 1
                partSum += distance
                partSquares += distance * distance
            }
            sum += Double(partSum)
            squares += Double(partSquares)
        }
        let mean = sum / Double(number)
        return (mean + Double(largest), max(0, squares / Double(number) - mean * mean).squareRoot())
    }
}
