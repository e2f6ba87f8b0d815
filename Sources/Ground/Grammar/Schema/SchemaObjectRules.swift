import JSONText

/// Objects: listed members in their order, then the others. The size grows with the number of members, not with the
/// number of their combinations.
extension SchemaCompiler {
    mutating func object(_ shape: ObjectShape, name: String) throws(GrammarError) -> String {
        if shape.members.isEmpty, shape.forbidden.isEmpty, shape.countMin == 0, shape.countMax == nil,
            shape.extras.count == 1, case .other = shape.extras[0].name, shape.extras[0].value.isEmpty
        {
            return text.anyObject()
        }
        var members: [String] = []
        for member in shape.members {
            let value = try rule(for: member.value, named: "\(name)-\(member.name)")
            let key = GrammarText.literal(JSONValue.string(member.name).text)
            members.append(text.rule("\(name)-\(member.name)-member", "\(key) \(text.colon) \(value)"))
        }
        let extra = try extra(shape, name: name)
        let content = try needsCount(shape) ? counted(shape, members, extra, name) : chain(shape, members, extra, name)
        return "\"{\" \(text.gap())\(content)\"}\""
    }

    /// Whether the members alone do not settle `minProperties` and `maxProperties`.
    private func needsCount(_ shape: ObjectShape) -> Bool {
        let required = shape.members.count(where: \.isRequired)
        let possible = shape.extras.isEmpty ? shape.members.count : .max
        return shape.countMin > required || (shape.countMax ?? .max) < possible
    }

    /// A member that is not listed: any of the extras.
    private mutating func extra(_ shape: ObjectShape, name: String) throws(GrammarError) -> String? {
        var alternatives: [String] = []
        for extra in shape.extras {
            let value = try rule(for: extra.value, named: name + "-other")
            let key: String
            switch extra.name {
            case .other:
                let known = shape.members.map(\.name) + shape.forbidden
                key = known.isEmpty ? text.string() : text.string(except: known, name: name + "-name")
            case .matching(let conjunction): key = try rule(for: conjunction, named: name + "-name")
            case .pattern(let pattern, let place): key = try self.pattern(pattern, place: place, name: name + "-name")
            }
            alternatives.append("\(key) \(text.colon) \(value)")
        }
        return alternatives.isEmpty ? nil : text.rule(name + "-extra", alternatives.joined(separator: " | "))
    }

    private mutating func chain(
        _ shape: ObjectShape, _ members: [String], _ extra: String?, _ name: String
    ) throws(GrammarError) -> String {
        let comma = "\",\" \(text.gap())"
        var after = extra.map { "(\(comma)\($0))*" } ?? ""
        var starts = extra.map { ["\($0)" + (after.isEmpty ? "" : " " + after)] } ?? []
        var canBeEmpty = true
        for index in members.indices.reversed() {
            let isRequired = shape.members[index].isRequired
            if isRequired {
                starts.removeAll()
                canBeEmpty = false
            }
            starts.insert(members[index] + (after.isEmpty ? "" : " " + after), at: 0)
            guard index > 0 else { break }
            let next = "\(comma)\(members[index])"
            let tail = (isRequired ? next : "(\(next))?") + (after.isEmpty ? "" : " " + after)
            after = text.rule("\(name)-from-\(index)", tail)
        }
        guard !starts.isEmpty else { return "" }
        let content = "(\(starts.joined(separator: " | "))) \(text.gap())"
        return canBeEmpty ? "(\(content))?" : content
    }

    /// With a count: one rule for each member and each count so far.
    private mutating func counted(
        _ shape: ObjectShape, _ members: [String], _ extra: String?, _ name: String
    ) throws(GrammarError) -> String {
        let most = shape.countMax ?? .max
        // Beyond this, more members make no difference.
        let cap = shape.countMax ?? max(shape.countMin, 1)
        guard min(cap, members.count + 1) * (members.count + 1) <= SchemaLimits.countedStatesMax else {
            throw GrammarError(
                .tooLarge, "So many properties cannot be counted for 'minProperties' and 'maxProperties'.",
                place: shape.countPlace)
        }
        let comma = "\",\" \(text.gap())"
        var rules: [[Int]: String] = [:]
        for index in (0...members.count).reversed() {
            for count in 0...min(index, cap) {
                var alternatives: [String] = []
                if index == members.count {
                    alternatives = try ending(shape, count, extra)
                } else {
                    let isRequired = shape.members[index].isRequired
                    if !isRequired, let skipped = rules[[index + 1, count]] { alternatives.append(skipped) }
                    if count < most, let taken = rules[[index + 1, min(count + 1, cap)]] {
                        alternatives.append("\(count == 0 ? "" : comma)\(members[index]) \(taken)")
                    }
                }
                guard !alternatives.isEmpty else { continue }
                rules[[index, count]] = text.rule("\(name)-at-\(index)-\(count)", alternatives.joined(separator: " | "))
            }
        }
        guard let start = rules[[0, 0]] else {
            throw GrammarError(
                .unsupported,
                "'minProperties' cannot be enforced beyond the listed properties and one more: names could repeat.",
                place: shape.countPlace)
        }
        return "\(start) \(text.gap())"
    }

    /// What may follow the listed members. Names of others may repeat, so that they count as one at least.
    private mutating func ending(_ shape: ObjectShape, _ count: Int, _ extra: String?) throws(GrammarError) -> [String]
    {
        var result: [String] = []
        if count >= shape.countMin { result.append("\"\"") }
        let most = shape.countMax.map { $0 - count }
        guard let extra, most ?? 1 > 0, count + 1 >= shape.countMin else { return result }
        let next = "(\",\" \(text.gap())\(extra))"
        guard most ?? 0 <= SchemaLimits.repetitionMax else {
            throw GrammarError(
                .tooLarge, "More than \(SchemaLimits.repetitionMax) properties cannot be counted.",
                place: shape.countPlace)
        }
        result.append(
            count > 0
                ? next + Self.counted(1, most) : "\(extra) \(next)" + Self.counted(0, most.map { $0 - 1 }))
        return result
    }
}
