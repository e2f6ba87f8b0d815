import Testing
import Vocabulary

@testable import RequestScope

@Suite struct OutgoingURLPolicyTests {
    private func isRead(_ url: String, for author: OutgoingURLPolicy.Author = .user, allowed: [String] = []) -> Bool {
        do throws(ServiceError) {
            _ = try OutgoingURLPolicy(allowed: allowed).check(url, for: author)
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: [
        "https://hub.example", "http://hub.example:8080/path?x=@1", "https://1.1.1.1/",
        "https://[2606:4700::1111]:8443",
        "HTTPS://Hub.Example/", "https://a-b.c_d.example",
    ])
    func `ordinary URLs are read`(url: String) { #expect(isRead(url)) }

    @Test(arguments: [
        // Schemes, and none.
        "file:///etc/passwd", "gopher://a.example", "ftp://a.example", "//a.example", "a.example", "",
        "http:/a.example",
        "http:///a.example", "http://", "javascript:alert(1)", "unix:/run/x",
        // Users, and what parsers differ about.
        "http://user@a.example", "http://user:pass@a.example", "http://a.example@127.0.0.1",
        "http://a.example\\@b.example",
        "http://a.example#@b.example", "http://a.example\\.b.example", "http://a.example%2f@b.example",
        "http://a.exa\u{0}mple",
        "http://a.example\r\nX: y", "http://a.example\t", "http:// a.example", "http://ａ.example", "http://a。example",
        "http://%61.example", "http://a.example:80:90", "http://a.example:", "http://a.example:0",
        "http://a.example:65536",
        "http://a..example", "http://.example.",
        // Numbers in disguise.
        "http://2130706433", "http://0x7f000001", "http://0x7f.1", "http://127.1", "http://0177.0.0.1",
        "http://127.0.0.1.",
        "http://017700000001", "http://1", "http://127.0.0.0x1", "http://[::ffff:7f00:1]", "http://[::127.0.0.1]",
        "http://[fe80::1%25lo]", "http://[::1", "http://::1",
        // Addresses of this machine, its network and its link.
        "http://127.0.0.1", "http://127.8.8.8", "http://0.0.0.0", "http://10.1.2.3", "http://172.31.0.1",
        "http://192.168.1.1",
        "http://169.254.169.254/latest/meta-data", "http://100.100.100.200", "http://[::1]", "http://[::]",
        "http://[fd00::1]",
        "http://[fe80::1]", "http://[fd00:ec2::254]", "http://[64:ff9b::7f00:1]", "http://[2002:7f00:1::]",
        "http://224.0.0.1",
        "http://255.255.255.255", "http://192.0.2.1",
        // Names that mean something only here.
        "http://localhost", "http://app.localhost", "http://LOCALHOST.", "http://printer",
        "http://metadata.google.internal",
        "http://nas.local",
        // Ports of other protocols.
        "http://a.example:22", "http://a.example:25", "http://a.example:6379",
    ])
    func `what leads elsewhere, or is read in two ways, is refused`(url: String) { #expect(!isRead(url)) }

    @Test(arguments: [
        "http://localhost:8000", "http://127.0.0.1:11434/v1", "http://10.0.0.5:8080", "http://gpu-box:8000",
        "http://[::1]:1234",
    ])
    func `administrators reach model servers on their machine and network`(url: String) {
        #expect(isRead(url, for: .administrator))
        #expect(!isRead(url))
    }

    @Test(arguments: [
        "http://169.254.169.254", "http://[fe80::1]", "http://100.100.100.200", "http://[fd00:ec2::254]",
        "http://0.0.0.0:80",
    ])
    func `nobody reaches the secrets of the cloud`(url: String) {
        #expect(!isRead(url, for: .administrator))
        #expect(!isRead(url, for: .administrator, allowed: ["private", "loopback"]))
    }

    @Test func `what is allowed is opened, and no more`() {
        #expect(isRead("http://10.1.2.3", allowed: ["10.1.0.0/16"]))
        #expect(!isRead("http://10.2.2.3", allowed: ["10.1.0.0/16"]))
        #expect(isRead("http://192.168.0.9", allowed: ["private"]))
        #expect(!isRead("http://127.0.0.1", allowed: ["private"]))
        #expect(isRead("http://127.0.0.1", allowed: ["loopback"]))
        #expect(isRead("http://localhost", allowed: ["loopback"]))
        #expect(isRead("http://idp.local", allowed: ["idp.local"]))
        #expect(!isRead("http://other.local", allowed: ["idp.local"]))
        #expect(isRead("http://169.254.1.1", for: .administrator, allowed: ["169.254.1.0/24"]))
    }

    @Test func `the address that is connected to counts, whatever the name was`() {
        let policy = OutgoingURLPolicy(allowed: ["idp.example"])
        #expect(policy.allows(address: "93.184.216.34", host: "a.example", for: .user))
        for address in ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254", "not an address", ""] {
            #expect(!policy.allows(address: address, host: "rebound.example", for: .user))
        }
        #expect(policy.allows(address: "10.0.0.1", host: "idp.example", for: .user))
        #expect(policy.allows(address: "10.0.0.1", for: .administrator))
        #expect(!policy.allows(address: "169.254.169.254", for: .administrator))
    }
}
