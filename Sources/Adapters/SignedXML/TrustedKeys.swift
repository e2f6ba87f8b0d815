import CXMLSec
import Synchronization

/// xmlsec, started.
enum Library {
    static let isReady = nexus_xmlsec_start() == 0
}

/// The public keys of those who may sign, from certificates.
///
/// The certificates only carry the keys: who configures one trusts it, whatever dates or names stand in it. What a
/// document brings along of its own is never asked.
public struct TrustedKeys: Sendable, Equatable {
    /// Certificates at once: one, and another while a provider changes from it.
    public static let countMax = 8
    /// Bits of keys that are still worth something (NIST SP 800-131A).
    static let rsaBitsMin = 2_048
    static let curveBitsMin = 256

    let certificates: [[UInt8]]

    /// - Parameter certificates: PEM texts, one certificate each.
    /// - Throws: `certificate` when one cannot be read, or its key is too weak.
    public init(certificates: [String]) throws(SignedXMLError) {
        guard Library.isReady else { throw SignedXMLError(.certificate, "xmlsec could not be started.") }
        guard (1...Self.countMax).contains(certificates.count) else {
            throw SignedXMLError(.certificate, "1 to \(Self.countMax) certificates are needed.")
        }
        self.certificates = certificates.map { Array($0.utf8) }
        for (number, pem) in self.certificates.enumerated() {
            guard let strength = Key(pem: pem)?.strength else {
                throw SignedXMLError(.certificate, "Certificate \(number + 1) is not a certificate in PEM form.")
            }
            guard strength.bits >= (strength.isRSA ? Self.rsaBitsMin : Self.curveBitsMin) else {
                throw SignedXMLError(
                    .certificate,
                    "The key of certificate \(number + 1) is neither RSA with \(Self.rsaBitsMin) bits nor on a curve of "
                        + "\(Self.curveBitsMin).")
            }
        }
    }

    /// One key while it is used.
    @safe
    struct Key: ~Copyable {
        let pointer: xmlSecKeyPtr

        init?(pem: [UInt8]) {
            guard let pointer = unsafe nexus_xmlsec_key(pem, pem.count) else { return nil }
            unsafe self.pointer = pointer
        }

        deinit { unsafe xmlSecKeyDestroy(pointer) }

        var strength: (bits: Int, isRSA: Bool) {
            var isRSA: Int32 = 0
            let bits = unsafe nexus_xmlsec_key_bits(pointer, &isRSA)
            return (Int(bits), isRSA != 0)
        }
    }
}
