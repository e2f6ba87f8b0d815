/// A stable merge sort whose comparison may fail.
enum Sorting {
    static func sorted<Element>(
        _ elements: [Element], by precedes: (Element, Element) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> [Element] {
        var source = elements
        var target = elements
        var width = 1
        while width < elements.count {
            for start in stride(from: 0, to: elements.count, by: 2 * width) {
                let middle = min(start + width, elements.count)
                let end = min(start + 2 * width, elements.count)
                var left = start
                var right = middle
                for place in start..<end {
                    let takesLeft: Bool
                    if left == middle {
                        takesLeft = false
                    } else if right == end {
                        takesLeft = true
                    } else {
                        takesLeft = !(try precedes(source[right], source[left]))
                    }
                    target[place] = source[takesLeft ? left : right]
                    if takesLeft { left += 1 } else { right += 1 }
                }
            }
            swap(&source, &target)
            width *= 2
        }
        return source
    }

    /// Python's `sorted(elements, key=…, reverse=…)`, given the keys.
    static func sorted(
        _ elements: [Value], keys: [Value], descending: Bool
    ) throws(TemplateError) -> [Value] {
        let order = descending ? Array(elements.indices.reversed()) : Array(elements.indices)
        let sorted = try sorted(order) { first, second throws(TemplateError) in
            try keys[first].compares(.less, to: keys[second])
        }
        return (descending ? sorted.reversed() : sorted).map { elements[$0] }
    }
}
