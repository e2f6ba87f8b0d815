import Redis
import Testing

@Suite struct RedisSettingsTests {
    @Test func `addresses are read as other clients read them`() throws {
        #expect(try RedisSettings(url: "redis://localhost") == RedisSettings(.host("localhost", port: 6_379)))
        #expect(try RedisSettings(url: "redis://[::1]:7000/") == RedisSettings(.host("::1", port: 7_000)))
        #expect(
            try RedisSettings(url: "redis://:p%40ss%2Fword@10.0.0.1:6380/2")
                == RedisSettings(.host("10.0.0.1", port: 6_380), password: "p@ss/word", database: 2))
        #expect(
            try RedisSettings(url: "redis://me:secret@cache")
                == RedisSettings(.host("cache", port: 6_379), user: "me", password: "secret"))
        #expect(
            try RedisSettings(url: "unix:/run/redis.sock?db=1")
                == RedisSettings(.socket(path: "/run/redis.sock"), database: 1))
        #expect(try RedisSettings(url: "unix:///run/redis.sock") == RedisSettings(.socket(path: "/run/redis.sock")))
    }

    @Test(arguments: [
        "", "localhost", "http://localhost", "rediss://:secret@host", "redis://", "redis://host:0",
        "redis://host:70000",
        "redis://host:port", "redis://host/first", "redis://host/-1", "redis://secret@host", "redis://:secret%@host",
        "redis://:secret%4@host", "unix:relative", "unix:/run/redis.sock?password=secret",
    ])
    func `what cannot be an address is refused without being quoted`(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisSettings(url: url) }
        #expect(error?.code == .settings)
        #expect(error?.message.contains("secret") == false)
    }
}
