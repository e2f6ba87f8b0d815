import Gateway
import TestRandomness
import Testing

@Suite struct MoneyTests {
    @Test func `a price for a million tokens is exact for one`() {
        let price = ModelPrice(input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000)
        #expect(price.cost(inputTokens: 1, outputTokens: 0) == Money(nanos: 150))
        #expect(
            price.cost(inputTokens: 10, cachedTokens: 4, outputTokens: 2) == Money(nanos: 6 * 150 + 4 * 75 + 2 * 600))
        #expect(
            ModelPrice(input: 1, output: 0).cost(inputTokens: 1, outputTokens: 0) == Money(nanos: 1), "rounded up once")
        #expect(
            ModelPrice(input: 0, output: 0, engineSecond: 2_000).cost(
                inputTokens: 9, outputTokens: 9, engineMicroseconds: 1_500_000) == Money(nanos: 3_000))
    }

    @Test func `the largest numbers stay at the largest amount`() {
        let price = ModelPrice(
            input: ModelPrice.priceMax, output: ModelPrice.priceMax, engineSecond: ModelPrice.priceMax)
        let cost = price.cost(inputTokens: .max, cachedTokens: .max, outputTokens: .max, engineMicroseconds: .max)
        #expect(cost.nanos == .max)
        #expect(price.cost(inputTokens: -5, outputTokens: -5) == .zero)
        #expect(Money(nanos: .max) + Money(nanos: 1) == Money(nanos: .max))
        #expect(Money(.infinity) == nil && Money(1e30) == nil && Money(0.15) == Money(nanos: 150_000_000))
    }

    @Test func `a name counts before a pattern, and a longer pattern before a shorter one`() {
        func price(_ input: Int64) -> ModelPrice { ModelPrice(input: input, output: 0) }
        let table = PriceTable([
            .init(model: "*", price: price(1)), .init(model: "gpt-*", price: price(2)),
            .init(model: "gpt-5", price: price(3)), .init(model: "gpt-5-*", price: price(4)),
        ])
        #expect(["x", "gpt-4", "gpt-5", "gpt-5-mini"].map { table.price(of: $0).input } == [1, 2, 3, 4])
        #expect(PriceTable().price(of: "x").isFree)
    }
}
