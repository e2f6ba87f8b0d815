import Digests
import Testing

@Suite struct HMACSHA1Tests {
    /// RFC 2202, section 3, test cases 1, 2, 3 and 6.
    @Test(arguments: [
        ([UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8), "b617318655057264e28bc0b6fb378c8ef146be00"),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3"
        ),
        (
            [UInt8](repeating: 0xaa, count: 80), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        ),
    ])
    func `codes are those of the standard`(key: [UInt8], message: [UInt8], code: String) {
        let digits = HMACSHA1.code(of: message, key: key).map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        #expect(digits.joined() == code)
    }
}
