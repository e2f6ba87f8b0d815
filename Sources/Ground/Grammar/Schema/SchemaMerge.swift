import JSONText

/// What all keywords of an alternative together leave, one shape for each kind of value.
extension SchemaCompiler {
    /// - Parameters:
    ///   - alternative: its schemas all hold.
    ///   - infersTypes: whether a schema that names no type, but speaks of properties, means an object. The grammar is
    ///     then narrower than the schema, and what people mean; a proof may not assume it.
    mutating func merge(
        _ alternative: SchemaAlternative, infersTypes: Bool
    ) throws(GrammarError) -> [SchemaShape] {
        if let values = alternative.values { return [.values(values)] }
        var types = alternative.types
        var hinted: SchemaTypes = []
        var others: [(value: JSONValue, place: String)] = []
        for number in alternative.nodes {
            let keywords = keywords(of: number)
            for key in keywords.keys { hinted.formUnion(SchemaTypes.byKeyword[key] ?? []) }
            let place = document.node(number).pointer
            if document.node(number).isRewritten {
                others += (keywords["~others"]?.array ?? []).map { ($0, place) }
            }
        }
        if hinted.isEmpty, others.isEmpty, types == .all { return [.any] }
        if infersTypes, types == .all, !hinted.isEmpty { types = hinted }

        var result: [SchemaShape] = []
        if types.contains(.null), !others.contains(where: { $0.value.isNull }) { result.append(.null) }
        if types.contains(.boolean) {
            let left = [true, false].filter { flag in !others.contains { $0.value == .bool(flag) } }
            result.append(left.count == 2 ? .boolean : .values(left.map(JSONValue.bool)))
        }
        if !types.isDisjoint(with: .number) {
            var shape = try numberShape(alternative)
            shape.types = types.intersection(.number)
            for other in others where !SchemaTypes.of(other.value).isDisjoint(with: shape.types) {
                shape.others += [DecimalNumber(bound: other.value, inwards: 1)].compactMap { $0 }
                shape.othersPlace = other.place
            }
            if shape.isEmpty {
                contradict("no number is within its bounds", place: shape.low?.place ?? "#")
            } else {
                result.append(.number(shape))
            }
        }
        if types.contains(.string) {
            var shape = try stringShape(alternative)
            shape.others = others.compactMap { $0.value.string }
            shape.othersPlace = others.first?.place ?? ""
            if shape.isEmpty {
                contradict("'minLength' is above 'maxLength'", place: shape.lengthPlace)
            } else {
                result.append(.string(shape))
            }
        }
        for (type, name) in [(SchemaTypes.array, "an array"), (.object, "an object")] where types.contains(type) {
            if let other = others.first(where: { SchemaTypes.of($0.value) == type }) {
                throw GrammarError(
                    .unsupported, "'not' cannot be enforced for \(name) as a whole.", place: other.place)
            }
        }
        if types.contains(.array) { result.append(.array(try arrayShape(alternative))) }
        if types.contains(.object) { result.append(.object(try objectShape(alternative))) }
        return result
    }

    /// A keyword that counts: a whole number that is not negative.
    func count(_ keyword: String, of number: Int) throws(GrammarError) -> Int? {
        guard let value = keywords(of: number)[keyword] else { return nil }
        let place = "\(document.node(number).pointer)/\(keyword)"
        guard let double = value.double, double >= 0, double == double.rounded() else {
            throw GrammarError(.syntax, "'\(keyword)' must be a whole number, not \(value.text).", place: place)
        }
        return Int(exactly: double) ?? .max
    }

    private func numberShape(_ alternative: SchemaAlternative) throws(GrammarError) -> NumberShape {
        var shape = NumberShape(types: .number)
        for number in alternative.nodes {
            for (keyword, isLow, isExclusive) in [
                ("minimum", true, false), ("exclusiveMinimum", true, true), ("maximum", false, false),
                ("exclusiveMaximum", false, true),
            ] {
                guard let value = keywords(of: number)[keyword] else { continue }
                let place = "\(document.node(number).pointer)/\(keyword)"
                guard let decimal = DecimalNumber(bound: value, inwards: isLow ? 1 : -1) else {
                    throw GrammarError(.syntax, "'\(keyword)' must be a number, not \(value.text).", place: place)
                }
                let bound = NumberShape.Bound(value: decimal, isExclusive: isExclusive, place: place)
                if isLow {
                    shape.low = tighter(shape.low, bound) { $0 > $1 }
                } else {
                    shape.high = tighter(shape.high, bound) { $0 < $1 }
                }
            }
            guard let value = keywords(of: number)["multipleOf"] else { continue }
            let place = document.node(number).pointer + "/multipleOf"
            guard let double = value.double, double > 0, let step = DecimalNumber(bound: value, inwards: 1) else {
                throw GrammarError(
                    .syntax, "'multipleOf' must be a number above 0, not \(value.text).", place: place)
            }
            if !shape.multiples.contains(where: { $0.value == step }) { shape.multiples.append((step, place)) }
        }
        return shape
    }

    private func tighter(
        _ old: NumberShape.Bound?, _ new: NumberShape.Bound, _ wins: (DecimalNumber, DecimalNumber) -> Bool
    ) -> NumberShape.Bound {
        guard let old else { return new }
        if old.value == new.value { return old.isExclusive ? old : new }
        return wins(new.value, old.value) ? new : old
    }

    private func stringShape(_ alternative: SchemaAlternative) throws(GrammarError) -> StringShape {
        var shape = StringShape()
        for number in alternative.nodes {
            let pointer = document.node(number).pointer
            if let least = try count("minLength", of: number), least > shape.lengthMin {
                shape.lengthMin = least
                shape.lengthPlace = pointer + "/minLength"
            }
            if let most = try count("maxLength", of: number), most < shape.lengthMax ?? .max {
                shape.lengthMax = most
                shape.lengthPlace = pointer + "/maxLength"
            }
            for keyword in ["pattern", "format"] {
                guard let value = keywords(of: number)[keyword] else { continue }
                let place = "\(pointer)/\(keyword)"
                guard let text = value.string else {
                    throw GrammarError(.syntax, "'\(keyword)' must be a string, not \(value.kind).", place: place)
                }
                if keyword == "pattern", !shape.patterns.contains(where: { $0.text == text }) {
                    shape.patterns.append((text, place))
                }
                if keyword == "format", !shape.formats.contains(where: { $0.name == text }) {
                    shape.formats.append((text, place))
                }
            }
        }
        return shape
    }
}
