import JSONText

/// Templates of our own, one for each feature or trap, and the variables they use. What they must give is decided by
/// jinja2 (`DifferentialTests`) and, for those in `GoldenTests`, written down.
enum Corpus {
    static let context: JSONObject = [
        "text": "Hello, Wörld! 🙂", "number": 42, "float": 3.75, "flag": true, "nothing": nil, "empty": "",
        "items": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "mixed": [1, "a", nil, 2.5, true],
        "user": ["name": "Ada", "age": 36, "tags": ["x", "y"], "items": "shadow"],
        "users": [
            ["name": "Ada", "city": "London", "age": 36], ["name": "bob", "city": "paris", "age": 20],
            ["name": "Cy", "city": "london", "age": 50, "admin": true],
        ],
        "tree": [["n": 1, "kids": [["n": 2, "kids": []], ["n": 3, "kids": [["n": 4, "kids": []]]]]]],
        "messages": [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": "  hi\n"],
            ["role": "assistant", "content": "<think>\nhm\n</think>\n\nyes"],
        ],
        "html": "<a href=\"x\">T & 'q'</a> <!-- c --> end", "lines": "a\n\n  b\r\nc\u{0B}d",
        "nul": "\u{01}\u{7F}é\u{2028}",
        "e_acute": "e\u{301}", "composed": "\u{E9}",
    ]

    static let templates: [String] =
        whitespace + statements + loops + macros + expressions + access + filters + tests + methods + formats + errors
}
