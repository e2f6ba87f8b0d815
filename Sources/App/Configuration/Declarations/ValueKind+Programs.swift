import JSONText

extension ValueKind where Value == [EngineProgramPath] {
    /// Names and paths of programs: an object in a file, `NAME=FILE,…` elsewhere.
    static var programs: ValueKind {
        let countMax = 32
        @Sendable func program(_ name: String, _ path: String) -> EngineProgramPath? {
            let isPath = !path.isEmpty && path.utf8.count <= 4_096 && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            // Names that the platform gives itself.
            let isFree = name != "own" && !name.hasPrefix("llama.cpp-")
            return ModelSettings.isName(name) && isFree && isPath ? EngineProgramPath(name: name, path: path) : nil
        }
        @Sendable func check(_ programs: [EngineProgramPath?]) -> [EngineProgramPath]? {
            let allowed = programs.compactMap(\.self)
            let isFine = allowed.count == programs.count && allowed.count <= countMax
            return isFine && Set(allowed.map(\.name)).count == allowed.count ? allowed : nil
        }
        return ValueKind(
            allowed: "at most \(countMax) names (letters, digits and -_.:/@+; own and llama.cpp-… are taken) with the "
                + "path of a program each",
            placeholder: "NAME=FILE,…", schema: ["type": "object", "additionalProperties": ["type": "string"]],
            decode: { value in
                value.object.flatMap { members in
                    check(members.map { member in member.value.string.flatMap { program(member.key, $0) } })
                }
            },
            read: { text in
                check(
                    text.split(separator: ",").map { pair in
                        let parts = pair.split(separator: "=", maxSplits: 1).map { String($0.trimming(" ")) }
                        return parts.count == 2 ? program(parts[0], parts[1]) : nil
                    })
            }, encode: { .object(JSONObject($0.map { ($0.name, .string($0.path)) })) })
    }
}
