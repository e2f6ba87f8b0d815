import Digests
import Telemetry

/// Codes of authenticator apps: six digits for every thirty seconds. Source: RFC 6238 with RFC 4226's HMAC-SHA-1.
public enum OneTimeCode {
    /// Bytes of a device's secret, as RFC 4226 section 4 recommends.
    public static let secretByteCount = 20
    static let stepSeconds: Int64 = 30
    static let digitCount = 6
    /// Clocks may differ by so many steps in either direction.
    static let stepsOff: Int64 = 1

    /// The number of a moment's step.
    static func step(at seconds: Int64) -> Int64 { seconds / stepSeconds }

    /// The code of a step.
    ///
    /// - Parameters:
    ///   - secret: the device's.
    ///   - step: from ``step(at:)``, not negative.
    ///   - digits: 6, or 8 as in the standard's examples.
    /// - Returns: `digits` digits.
    static func code(_ secret: [UInt8], step: Int64, digits: Int = digitCount) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> Int64(8 * (7 - $0))) }
        let mac = HMACSHA1.code(of: counter, key: secret)
        let offset = Int(mac[19] & 0xF)
        let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let modulus = (0..<digits).reduce(UInt32(1)) { power, _ in power * 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The step that a code is of, if it counts.
    ///
    /// - Parameters:
    ///   - code: what was typed; spaces do not matter.
    ///   - secret: the device's.
    ///   - now: the moment.
    ///   - lastStep: of the last code that was taken. A code counts once.
    ///   - isEqual: compares in a time that tells nothing.
    /// - Returns: the step, to be kept as the new `lastStep`; `nil` when the code is wrong, too old, or used up.
    static func step(
        of code: String, _ secret: [UInt8], now: UnixTime, after lastStep: Int64,
        isEqual: ([UInt8], [UInt8]) -> Bool
    ) -> Int64? {
        let typed = code.utf8.filter { $0 != UInt8(ascii: " ") }
        let current = step(at: now.seconds)
        var found: Int64?
        for step in (current - stepsOff)...(current + stepsOff) where step >= 0 {
            let fits = isEqual(typed, Array(self.code(secret, step: step).utf8))
            if fits, step > lastStep { found = found ?? step }
        }
        return found
    }

    /// What an app reads from a QR code.
    ///
    /// - Parameters:
    ///   - secret: the device's.
    ///   - name: the user's.
    ///   - issuer: this server's name, as the app shows it.
    /// - Returns: an `otpauth:` URL. Source: Key Uri Format of Google Authenticator.
    static func url(_ secret: [UInt8], name: String, issuer: String) -> String {
        let (issuer, name) = (escaped(issuer), escaped(name))
        return "otpauth://totp/\(issuer):\(name)?secret=\(SecretText.standardBase32(secret))&issuer=\(issuer)"
            + "&algorithm=SHA1&digits=\(digitCount)&period=\(stepSeconds)"
    }

    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Codes for those who lost their device; each counts once.
enum RecoveryCode {
    static let count = 10
    /// 80 bits: nobody guesses one.
    static let byteCount = 10

    /// `abcd-efgh-jkmn-pqrs`.
    static func make(_ bytes: [UInt8]) -> String {
        let text = Array(SecretText.base32(bytes))
        return stride(from: 0, to: text.count, by: 4).map { String(text[$0..<min($0 + 4, text.count)]) }
            .joined(separator: "-")
    }

    /// A code as it was typed, in the form that is hashed; `nil` when it cannot be one.
    static func normalised(_ text: String) -> String? {
        let plain = text.lowercased().filter { $0 != "-" && $0 != " " }
        return plain.utf8.count == byteCount * 8 / 5 && SecretText.isBase32(plain) ? plain : nil
    }
}
