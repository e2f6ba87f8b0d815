import Access

/// A sealer whose cipher keeps nothing secret, and notices every difference.
///
/// - Parameter seed: another one is another key.
/// - Returns: the sealer.
func plainSealer(_ seed: UInt8 = 1) -> SecretSealer { SecretSealer(SealingKeys(plainKey(seed)), cipher: .plain) }

func plainKey(_ seed: UInt8) -> SealingKey { SealingKey((0..<32).map { $0 &* 7 &+ seed }) }

extension SecretSealer.Cipher {
    static let plain = SecretSealer.Cipher(
        seal: { bytes, associated, key in [UInt8(associated.count)] + associated + key + bytes },
        open: { sealed, associated, key in
            let head = [UInt8(associated.count)] + associated + key
            return sealed.starts(with: head) ? Array(sealed[head.count...]) : nil
        })
}
