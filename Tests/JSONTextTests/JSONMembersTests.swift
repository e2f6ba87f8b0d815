import JSONText
import Testing

@Suite struct JSONMembersTests {
    private func parse(_ text: String, at path: [String]) throws -> (rest: JSONValue, members: [String]?) {
        let (value, members) = try JSONValue.parse(text.utf8, membersAt: path)
        return (value, members?.map { "\($0.key)=\($0.value.text)" })
    }

    @Test func `the members of one object stay apart, the others are as always`() throws {
        let (rest, members) = try parse(
            #"{"a": {"b": {"x": 1, "y": [2], "x": {"b": 3}}, "c": 4}, "b": {"z": 5}}"#, at: ["a", "b"])
        #expect(members == ["x=1", "y=[2]", #"x={"b":3}"#])
        #expect(rest == ["a": ["b": [:], "c": 4], "b": ["z": 5]])
    }

    @Test func `the outermost object is at no path`() throws {
        #expect(try parse(#"{"a": 1, "a": 2}"#, at: []).members == ["a=1", "a=2"])
        #expect(try parse("{}", at: []).members?.isEmpty == true)
    }

    @Test func `keys that only look alike are two members`() throws {
        let members = try parse(#"{"\u00e9": 1, "e\u0301": 2}"#, at: []).members
        #expect(members?.count == 2)
    }

    @Test func `what is no object has no members`() throws {
        #expect(try parse(#"{"a": [{"b": 1}]}"#, at: ["a"]).members == nil)
        #expect(try parse(#"[{"a": 1}]"#, at: []).members == nil)
        #expect(try parse(#"{"b": 1}"#, at: ["a"]).members == nil)
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse("{\"a\": }".utf8, membersAt: []) }
    }

    @Test func `of an object that is there twice, the last counts`() throws {
        #expect(try parse(#"{"a": {"x": 1}, "a": {"y": 2}}"#, at: ["a"]).members == ["y=2"])
    }
}
