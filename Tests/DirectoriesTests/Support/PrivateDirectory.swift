import Directories
import Foundation

/// An OpenLDAP server of the tests' own, on two free ports of this machine, over a temporary folder.
///
/// A shell script starts it and then waits on a pipe. When the pipe closes, which it does however the test process ends,
/// the script ends the server and removes the folder.
struct PrivateDirectory: Sendable {
    /// The server that all tests of this process share. They only read.
    static let shared = Task { try await PrivateDirectory() }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String
    private let plainPort: Int
    private let securePort: Int
    /// Held open for as long as the process lives.
    private let commands: FileHandle

    private init() async throws {
        let process = Process()
        let (commandPipe, answerPipe) = (Pipe(), Pipe())
        // Swift's threads block nearly all signals; a shell that cannot get SIGCHLD waits for ever in `wait`.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "--default-signal=CHLD,TERM", "/bin/sh", "-c", Self.script, "private-directory", Self.entries,
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        process.standardInput = commandPipe
        process.standardOutput = answerPipe
        _ = fcntl(commandPipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        commands = commandPipe.fileHandleForWriting
        let answers = answerPipe.fileHandleForReading
        let line = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Self.line(from: answers)) }.start()
        }
        let parts = line.split(separator: " ").map(String.init)
        guard parts.count == 3, let plain = Int(parts[1]), let secure = Int(parts[2]) else {
            throw Missing(description: "slapd did not start: install the Debian package 'slapd'")
        }
        folder = parts[0]
        plainPort = plain
        securePort = secure
    }

    /// How a test connects.
    enum Way: String, CaseIterable, Sendable { case plain, startTLS, ldaps }

    func settings(_ way: Way = .plain) -> DirectorySettings {
        DirectorySettings(
            url: way == .ldaps ? "ldaps://127.0.0.1:\(securePort)" : "ldap://127.0.0.1:\(plainPort)",
            protection: way == .startTLS ? .startTLS : .none, trustFile: way == .plain ? nil : folder + "/ca.pem",
            bindName: "cn=reader,dc=example,dc=org", bindPassword: "reader secret",
            userBase: "ou=people,dc=example,dc=org", groupBase: "ou=groups,dc=example,dc=org")
    }

    private static func line(from handle: FileHandle) -> String {
        var bytes: [UInt8] = []
        while let byte = (try? handle.read(upToCount: 1))?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let entries = """
        dn: dc=example,dc=org
        objectClass: dcObject
        objectClass: organization
        o: Example
        dc: example

        dn: cn=reader,dc=example,dc=org
        objectClass: organizationalRole
        objectClass: simpleSecurityObject
        cn: reader
        userPassword: reader secret

        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit
        ou: people

        dn: ou=groups,dc=example,dc=org
        objectClass: organizationalUnit
        ou: groups

        dn: uid=ada,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: ada
        cn: Ada Lovelace
        sn: Lovelace
        mail: ada@example.org
        userPassword: engine

        dn: uid=bob\\, (the) *builder,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: bob, (the) *builder
        cn: Bob
        sn: Builder
        userPassword: fix it

        dn: uid=twin,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: twin
        employeeNumber: 7
        cn: Twin
        sn: One
        userPassword: one

        dn: uid=other,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: other
        employeeNumber: 7
        cn: Twin
        sn: Two
        userPassword: two

        dn: cn=admins,ou=groups,dc=example,dc=org
        objectClass: groupOfNames
        cn: admins
        member: uid=ada,ou=people,dc=example,dc=org

        dn: cn=builders,ou=groups,dc=example,dc=org
        objectClass: groupOfNames
        cn: builders
        member: uid=ada,ou=people,dc=example,dc=org
        member: uid=bob\\, (the) *builder,ou=people,dc=example,dc=org

        """

    private static let script = """
        trap '' INT TERM HUP
        umask 077
        PATH=$PATH:/usr/sbin
        folder=$(mktemp -d /tmp/nexus-slapd-XXXXXX) || exit 1
        mkdir "$folder/data"
        printf '%s' "$1" >"$folder/entries.ldif"
        kind="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        openssl req -x509 $kind -keyout "$folder/ca.key" -out "$folder/ca.pem" -days 2 -subj "/CN=test authority" \
            -addext keyUsage=critical,keyCertSign >/dev/null 2>&1
        openssl req $kind -keyout "$folder/server.key" -out "$folder/server.csr" -subj /CN=localhost >/dev/null 2>&1
        echo "subjectAltName=IP:127.0.0.1" >"$folder/names"
        openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 2 \
            -extfile "$folder/names" -out "$folder/server.pem" >/dev/null 2>&1
        cat >"$folder/slapd.conf" <<END
        include /etc/ldap/schema/core.schema
        include /etc/ldap/schema/cosine.schema
        include /etc/ldap/schema/inetorgperson.schema
        pidfile $folder/pid
        modulepath /usr/lib/ldap
        moduleload back_mdb
        TLSCACertificateFile $folder/ca.pem
        TLSCertificateFile $folder/server.pem
        TLSCertificateKeyFile $folder/server.key
        allow bind_anon_dn
        database mdb
        suffix dc=example,dc=org
        rootdn cn=root,dc=example,dc=org
        directory $folder/data
        access to attrs=userPassword by anonymous auth by * none
        access to * by users read by * none
        END
        slapadd -f "$folder/slapd.conf" -l "$folder/entries.ldif" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
        tries=0
        while [ $tries -lt 20 ]; do
            tries=$((tries + 1))
            plain=$(awk -v seed="$$$tries" 'BEGIN { srand(seed); print 20000 + int(rand() * 12000) }')
            secure=$((plain + 1))
            slapd -d 0 -f "$folder/slapd.conf" -h "ldap://127.0.0.1:$plain ldaps://127.0.0.1:$secure" \
                >>"$folder/log" 2>&1 </dev/null &
            server=$!
            while kill -0 $server 2>/dev/null; do
                if [ -s "$folder/pid" ] && ldapsearch -x -H ldap://127.0.0.1:$plain -b "" -s base >/dev/null 2>&1 </dev/null
                then
                    echo "$folder $plain $secure"
                    while read -r command; do :; done
                    kill -INT $server
                    wait $server
                    rm -rf "$folder"
                    exit 0
                fi
                sleep 0.05
            done
        done
        cat "$folder/log" >&2
        rm -rf "$folder"
        echo failed
        """
}
