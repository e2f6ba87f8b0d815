import JSONText

extension ValueKind where Value == [PriceConfiguration] {
    /// Prices by model: an object in a file, `MODEL=INPUT/OUTPUT,…` elsewhere.
    static var prices: ValueKind {
        let countMax = 1_024
        @Sendable func isPrice(_ number: Double) -> Bool { (0...1_000_000).contains(number) }
        @Sendable func check(_ prices: [PriceConfiguration?]) -> [PriceConfiguration]? {
            let allowed = prices.compactMap(\.self).filter { price in
                (1...256).contains(price.model.utf8.count)
                    && [price.input, price.cachedInput, price.output, price.engineSecond].allSatisfy(isPrice)
            }
            let isFine = allowed.count == prices.count && allowed.count <= countMax
            return isFine && Set(allowed.map(\.model)).count == allowed.count ? allowed : nil
        }
        @Sendable func price(_ model: String, _ value: JSONValue) -> PriceConfiguration? {
            guard let members = value.object else { return nil }
            let names = ["input", "cachedInput", "output", "engineSecond"]
            var numbers: [String: Double] = [:]
            for (name, value) in members {
                guard names.contains(name), let number = value.double else { return nil }
                numbers[name] = number
            }
            let input = numbers["input"] ?? 0
            return PriceConfiguration(
                model: model, input: input, cachedInput: numbers["cachedInput"] ?? input,
                output: numbers["output"] ?? 0, engineSecond: numbers["engineSecond"] ?? 0)
        }
        @Sendable func price(_ text: String) -> PriceConfiguration? {
            let parts = text.split(separator: "=", maxSplits: 1).map { String($0.trimming(" ")) }
            let numbers = parts.count == 2 ? parts[1].split(separator: "/").map { Double($0) } : []
            guard numbers.count == 2, let input = numbers[0], let output = numbers[1] else { return nil }
            return PriceConfiguration(
                model: parts[0], input: input, cachedInput: input, output: output, engineSecond: 0)
        }
        return ValueKind(
            allowed:
                "at most \(countMax) models with input, cachedInput and output for a million tokens, and engineSecond, "
                + "each from 0 to 1000000",
            placeholder: "MODEL=INPUT/OUTPUT,…",
            schema: [
                "type": "object",
                "additionalProperties": [
                    "type": "object", "additionalProperties": false,
                    "properties": [
                        "input": ["type": "number"], "cachedInput": ["type": "number"], "output": ["type": "number"],
                        "engineSecond": ["type": "number"],
                    ],
                ],
            ],
            decode: { value in value.object.flatMap { members in check(members.map { price($0.key, $0.value) }) } },
            read: { text in check(text.split(separator: ",").map { price(String($0)) }) },
            encode: { prices in
                .object(
                    JSONObject(
                        prices.map { price in
                            (
                                price.model,
                                [
                                    "input": .number(price.input), "cachedInput": .number(price.cachedInput),
                                    "output": .number(price.output), "engineSecond": .number(price.engineSecond),
                                ]
                            )
                        }))
            })
    }
}
