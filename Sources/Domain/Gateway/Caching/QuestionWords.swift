/// What single words tell of a question. Tables of English; other languages have numbers, names and code only.
enum QuestionWords {
    /// Words for numbers, as digits.
    static let numbers: [String: String] = {
        let names = [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
            "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
        ]
        let ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
        var table: [String: String] = [:]
        // "one" is a pronoun as often as a number.
        for (number, name) in names.enumerated() where number != 1 { table[name] = String(number) }
        for (number, name) in ordinals.enumerated() { table[name] = "\(number + 1)." }
        for (number, name) in ["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"].enumerated() {
            table[name] = String(10 * (number + 3))
        }
        table.merge([
            "hundred": "100", "thousand": "1000", "million": "1000000", "billion": "1000000000", "dozen": "12",
            "half": "0.5", "twice": "2", "double": "2", "triple": "3",
        ]) { old, _ in old }
        return table
    }()

    /// Digits without commas, units and leading zeros.
    static func normal(number text: String) -> String {
        var digits = text.filter { $0.isNumber || $0 == "." }
        while digits.hasSuffix(".") { digits.removeLast() }
        while digits.count > 1, digits.hasPrefix("0"), !digits.hasPrefix("0.") { digits.removeFirst() }
        return digits
    }

    private static let negations: Set<String> = [
        "no", "not", "never", "without", "none", "nothing", "nobody", "nowhere", "neither", "nor", "cannot", "except",
        "excluding", "exclude", "avoid", "besides", "lack", "lacks", "lacking", "unless", "dont", "doesnt", "isnt",
        "cant", "wont", "nicht", "kein", "keine", "ohne", "pas", "jamais", "sans", "sin", "nunca",
    ]

    static func isNegation(_ word: String) -> Bool { negations.contains(word) }

    /// Pairs of words that go opposite ways, as `axis+` and `axis-`.
    static let directions: [String: String] = {
        let axes: [(name: String, plus: String, minus: String)] = [
            (
                "amount",
                """
                high increase increases increasing raise raising grow more higher add gain maximum max maximize maximise \
                most highest largest biggest upper above longest tallest strongest larger bigger greater expensive \
                longer faster fastest
                """,
                """
                low decrease decreases decreasing reduce reducing lower less fewer subtract lose minimum min minimize \
                minimise least lowest smallest below under shortest weakest smaller cheap cheapest shorter slower \
                slowest remove
                """
            ),
            (
                "time",
                """
                before earlier earliest oldest old past previous started began beginning start opens
                """,
                """
                after later latest newest new future next ended finished ending end stop closes
                """
            ),
            (
                "state",
                """
                on enable enabling install activate allow allowed lock connect subscribe mount grant accept
                """,
                """
                off disable disabling uninstall deactivate forbid forbidden unlock disconnect unsubscribe unmount revoke \
                reject
                """
            ),
            (
                "code",
                """
                encode encrypt compress serialize serialise push upload export
                """,
                """
                decode decrypt decompress deserialize deserialise pull download import
                """
            ),
            (
                "worth",
                """
                good best better benefits advantages pros safe legal true advantage benefit strengths possible \
                positive love
                """,
                """
                bad worst worse drawbacks disadvantages cons dangerous illegal false wrong disadvantage drawback \
                weaknesses impossible negative hate unsafe risks
                """
            ),
            (
                "place",
                """
                near nearest closest north east top inside internal inner ascending vertical rows row hot warm boil heat
                """,
                """
                far farthest furthest south west bottom outside external outer descending horizontal columns column cold cool freeze
                """
            ),
            (
                "trade",
                """
                buy buying borrow arrive male father husband king brother son boy teach employer client input public \
                singular
                """,
                """
                sell selling lend depart female mother wife queen sister daughter girl learn employee server output \
                private plural
                """
            ),
        ]
        func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
        var table: [String: String] = [:]
        for (axis, plus, minus) in axes {
            for word in words(plus) where table[word] == nil { table[word] = axis + "+" }
            for word in words(minus) where table[word] == nil { table[word] = axis + "-" }
        }
        return table
    }()

    /// What is asked for. `what`, `which` and `how` may ask for anything.
    static let asked: [String: String] = [
        "who": "person", "whom": "person", "when": "time", "where": "place", "why": "cause",
    ]

    /// Words with which sentences begin, whose capital letter tells nothing.
    static let starters: Set<String> = Set(
        """
        a about according all also compose am an and are as at be because been but by can compare compute calculate convert could \
        count create define demonstrate describe design develop did discuss do does draft draw each every explain find fix \
        for from generate get give go had has have he help her hello here hey hi his how i if implement improve in into is \
        it its key kindly let list make many may me might mean my name need of on once one or other our outline output \
        please propose provide print put rewrite say she should show since so solve some state suggest summarise \
        summarize tell than thanks that the their them then there these they this those to translate use using was we \
        were what whats when where which while who whom whose why will with would write yes you your imagine assume \
        suppose consider identify name return sort check decide determine estimate recommend classify spell simplify
        """.split(separator: " ").map(String.init))
}
