import HTTPServing
import JSONText

/// What the benchmark asks for, written as a user of HTTPServing writes it.
enum BenchRoutes {
    static var router: Router {
        var router = Router()
        router.on(.get, "/answer") { _ in .json(Self.answer) }
        router.on(.get, "/pooled", execution: .concurrent) { _ in .json(Self.answer) }
        let fixed = answer.bytes
        router.on(.get, "/static") { _ in .bytes(fixed, contentType: "application/json") }
        router.on(.get, "/events") { request in
            let milliseconds = try request.query.integer("interval_ms", in: 1...60_000) ?? 1000
            return NumberedEvents.response(every: .milliseconds(milliseconds))
        }
        return router
    }

    /// A small answer, built anew on each call: about 150 bytes, the size of a health or token-count response.
    private static var answer: JSONValue {
        [
            "object": "tokenization",
            "model": "tiny-chat",
            "tokens": [1, 15043, 29892, 3186, 29991],
            "usage": ["prompt_tokens": 5, "cached_tokens": 0],
            "truncated": false,
            "temperature": 0.8,
        ]
    }
}
