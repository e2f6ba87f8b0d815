import Hosting
import Testing

@Suite struct CommandTemplateTests {
    @Test func `values are filled in where they are named`() throws {
        let values = ["PORT": "80", "MODEL": "/m ${PORT}"]
        #expect(try CommandTemplate.filled("a:${PORT}/${PORT}", values) == "a:80/80")
        // What a value holds is no template.
        #expect(try CommandTemplate.filled("${MODEL}", values) == "/m ${PORT}")
        #expect(try CommandTemplate.filled("$${PORT} $PORT ${PORT", values) == "${PORT} $PORT ${PORT")
        let unknown = try #require(throws: CommandTemplate.Unknown.self) {
            _ = try CommandTemplate.filled("x ${HOST}", values)
        }
        #expect(unknown.name == "HOST" && unknown.known == ["MODEL", "PORT"])
    }
}
