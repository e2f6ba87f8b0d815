import JSONText
import Testing

@Suite struct OrdinaryBytesTests {
    private func end(_ bytes: [UInt8], from start: Int = 0) -> Int {
        bytes.withUnsafeBufferPointer { OrdinaryBytes.end(in: $0, from: start) }
    }

    /// Byte by byte, as it is told.
    private func plainEnd(_ bytes: [UInt8], from start: Int) -> Int {
        bytes[start...].firstIndex { !(0x20...0x7E).contains($0) || $0 == 0x22 || $0 == 0x5C } ?? bytes.count
    }

    @Test func `each byte is found at each place of a word, whatever stands around it`() {
        for around in [UInt8(ascii: "a"), 0x20, 0x7E, 0x21, 0x23, 0x5B, 0x5D] {
            for byte in UInt8.min ... .max {
                for place in 0..<19 {
                    var bytes = [UInt8](repeating: around, count: 19)
                    bytes[place] = byte
                    #expect(end(bytes) == plainEnd(bytes, from: 0), "\(byte) at \(place) among \(around)")
                }
            }
        }
    }

    @Test func `the first of several counts, from wherever the search begins`() {
        let bytes: [UInt8] = Array("ab\"cd\\ef\u{7F}gh\u{1}ij\u{E9}kl and so on, for longer than a word".utf8)
        for start in 0...bytes.count { #expect(end(bytes, from: start) == plainEnd(bytes, from: start)) }
        #expect(end([]) == 0)
    }

    @Test func `numbers are written as their texts`() {
        for number: Int64 in [0, 7, 10, -1, 99, 100, -1_234_567_890, .max, .min] {
            var bytes: [UInt8] = []
            bytes.append(decimal: number)
            #expect(String(decoding: bytes, as: UTF8.self) == String(number))
        }
    }

    @Test func `texts that hold all kinds of bytes are written and read again`() throws {
        let texts = [
            "", "plain", "a\"b\\c\n\t\u{1}\u{7F}", "é", "日本語 and ASCII \"between\" 日本語", "ends with é",
            String(repeating: "long enough for many words ", count: 9) + "\"",
        ]
        for text in texts {
            let value = JSONValue.string(text)
            #expect(try JSONValue.parse(value.bytes) == value)
        }
        #expect(JSONValue.string("\u{7F}\u{1}é\"").text == #""\u007f\u0001é\"""#)
    }
}
