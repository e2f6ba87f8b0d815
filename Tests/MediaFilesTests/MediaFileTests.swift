import MediaFiles
import TestRandomness
import Testing

@Suite struct MediaFileTests {
    @Test(arguments: [
        (SmallFiles.png(width: 20, height: 30), MediaFile.Format.png), (SmallFiles.jpeg(width: 20, height: 30), .jpeg),
        (SmallFiles.gif(width: 20, height: 30), .gif), (SmallFiles.bmp(width: 20, height: 30), .bmp),
        (SmallFiles.bmp(width: 20, height: -30), .bmp),
    ])
    func `an image tells its kind and its size`(bytes: [UInt8], format: MediaFile.Format) throws {
        let file = try MediaFile(bytes)
        #expect(file.format == format)
        #expect(file.size == .image(width: 20, height: 30))
    }

    @Test(arguments: [
        (SmallFiles.wav(samples: 8_000, rate: 16_000), MediaFile.Format.wav, 0.5),
        (SmallFiles.flac(samples: 24_000, rate: 48_000), .flac, 0.5),
        (SmallFiles.mp3(frames: 100), .mp3, 100 * 1_152 / 44_100.0),
        (Array("ID3".utf8) + [4, 0, 0, 0, 0, 0, 3, 1, 2, 3] + SmallFiles.mp3(frames: 10), .mp3, 10 * 1_152 / 44_100.0),
    ])
    func `a recording tells its kind and its length`(bytes: [UInt8], format: MediaFile.Format, seconds: Double) throws {
        let file = try MediaFile(bytes)
        #expect(file.format == format)
        guard case .recording(let length) = file.size else {
            Issue.record("it is a recording")
            return
        }
        #expect(abs(length - seconds) < 1e-9)
    }

    @Test(arguments: [
        SmallFiles.png(width: 10_000, height: 10_000), SmallFiles.jpeg(width: 10_000, height: 10_000),
        SmallFiles.gif(width: 60_000, height: 60_000), SmallFiles.png(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF),
    ])
    func `an image of a hundred megapixels is refused by its header`(bytes: [UInt8]) {
        #expect { try MediaFile(bytes) } throws: { ($0 as? MediaFileError)?.code == .tooLarge }
    }

    @Test func `a recording beyond its limit is refused, and one of nothing`() {
        #expect { try MediaFile(SmallFiles.flac(samples: 1 << 35, rate: 48_000)) } throws: {
            ($0 as? MediaFileError)?.code == .tooLarge
        }
        #expect {
            try MediaFile(SmallFiles.wav(samples: 16_000 * 2, rate: 16_000), limits: MediaLimits(secondsMax: 1))
        } throws: { ($0 as? MediaFileError)?.code == .tooLarge }
        #expect { try MediaFile(SmallFiles.wav(samples: 1, rate: 16_000)) } throws: {
            ($0 as? MediaFileError)?.code == .damaged
        }
        #expect { try MediaFile(SmallFiles.wav(samples: 900, rate: 16_000, kind: 2)) } throws: {
            ($0 as? MediaFileError)?.code == .unsupported
        }
    }

    @Test(arguments: [
        SmallFiles.png(width: 20, height: 30), SmallFiles.jpeg(width: 20, height: 30),
        SmallFiles.gif(width: 20, height: 30), SmallFiles.bmp(width: 20, height: 30),
        SmallFiles.wav(samples: 2_000, rate: 16_000),
    ])
    func `a file that was cut off anywhere is refused`(bytes: [UInt8]) {
        // What follows the last pixels of a GIF is no part of its first image.
        for count in 0..<bytes.count - 1 {
            #expect(throws: MediaFileError.self) { try MediaFile(Array(bytes.prefix(count))) }
        }
    }

    @Test func `a file with no known beginning is refused, and WebP by its name`() {
        #expect { try MediaFile(Array("<html>".utf8)) } throws: { ($0 as? MediaFileError)?.code == .unknown }
        #expect { try MediaFile([]) } throws: { ($0 as? MediaFileError)?.code == .unknown }
        #expect { try MediaFile(Array("RIFF0000WEBPVP8 ".utf8)) } throws: {
            ($0 as? MediaFileError)?.description.contains("WebP") == true
        }
        #expect { try MediaFile([UInt8](repeating: 0, count: 9), limits: MediaLimits(bytesMax: 8)) } throws: {
            ($0 as? MediaFileError)?.code == .tooLarge
        }
    }

    @Test func `a PNG file with far more pixels than it says is refused`() {
        let bomb = SmallFiles.stored([UInt8](repeating: 0, count: 100_000))
        #expect(throws: MediaFileError(.damaged, "it has far more pixels than it says")) {
            try MediaFile(SmallFiles.png(width: 4, height: 4, data: bomb))
        }
    }

    @Test func `whatever the bytes are, looking at them ends`() {
        var random = SeededRandom(seed: 7)
        let files = [
            SmallFiles.png(width: 20, height: 30), SmallFiles.jpeg(width: 20, height: 30),
            SmallFiles.gif(width: 20, height: 30), SmallFiles.bmp(width: 20, height: 30),
            SmallFiles.wav(samples: 200, rate: 16_000), SmallFiles.flac(samples: 9_000, rate: 16_000),
            SmallFiles.mp3(frames: 3),
        ]
        var refusals = 0
        for round in 0..<3_000 {
            var bytes = files[round % files.count]
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do { _ = try MediaFile(bytes) } catch { refusals += 1 }
        }
        #expect(refusals > 500 && refusals < 3_000)
    }
}
