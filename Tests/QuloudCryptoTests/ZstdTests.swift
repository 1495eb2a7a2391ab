import QuloudCrypto
import QuloudZstd
import Testing

@Suite struct ZstdTests {
    let text = Array(String(repeating: "quloud keeps what you give it. ", count: 5_000).utf8)
    /// "quloud zstd without a declared size", from a stream that did not know its length.
    let undeclared = "28b52ffd005819010071756c6f7564207a73746420776974686f75742061206465636c617265642073697a65"

    @Test func textShrinksAndRandomBytesBarelyGrow() throws {
        let compressor = try Compressor(level: 3)
        let decompressor = try Decompressor()
        let random = RandomSource.bytes(600_000)
        for content in [[], [1], text, random, text] {
            let frame = try compressor.compress(content)
            #expect(try decompressor.decompress(frame, sizeMax: content.count) == content)
            #expect(try Zstd.decompress(frame, sizeMax: 1 << 20) == content)
            #expect(frame == (try Zstd.compress(content, level: 3)))
        }
        #expect(try compressor.compress(text).count < 1_000)
        #expect(try compressor.compress(random).count < random.count + 4_096)
    }

    @Test func contentLargerThanPermittedIsRefused() throws {
        let frame = try Zstd.compress(text, level: 3)
        for max in [text.count - 1, 1, 0, -1] {
            #expect(throws: ZstdError.tooLarge(max: max)) { try Zstd.decompress(frame, sizeMax: max) }
        }
    }

    /// 256 MiB in some 8 KiB; refused by its header alone.
    @Test func aBombIsRefusedByItsDeclaredSize() throws {
        let bomb = try Zstd.compress([UInt8](repeating: 0, count: 256 << 20), level: 1)
        #expect(bomb.count < 32 << 10)
        #expect(throws: ZstdError.tooLarge(max: 1 << 20)) { try Zstd.decompress(bomb, sizeMax: 1 << 20) }
    }

    /// A header that declares 2^64 - 3 bytes must not lead to an allocation or an overflow.
    @Test func anAbsurdDeclaredSizeIsRefused() throws {
        let frame = try hex("28b52ffd c0 00 fdffffffffffffff 010000")
        #expect(throws: ZstdError.tooLarge(max: Int.max)) { try Zstd.decompress(frame, sizeMax: Int.max) }
    }

    @Test func framesWithoutASizeAreBounded() throws {
        let frame = try hex(undeclared)
        let content = Array("quloud zstd without a declared size".utf8)
        #expect(try Zstd.decompress(frame, sizeMax: 1 << 20) == content)
        #expect(try Zstd.decompress(frame, sizeMax: content.count) == content)
        #expect(throws: ZstdError.tooLarge(max: 10)) { try Zstd.decompress(frame, sizeMax: 10) }
        #expect(throws: ZstdError.tooLarge(max: 0)) { try Zstd.decompress(frame, sizeMax: 0) }
    }

    /// Sixteen blocks that each repeat one byte 128 KiB long: 2 MiB from 70 bytes, with no size declared.
    @Test func anUndeclaredBombIsStoppedAtTheLimit() throws {
        var bomb = try hex("28b52ffd 00 38")
        for block in 0..<16 {
            // Header: last flag, type 1 (repeat), size 128 KiB, little-endian in three bytes; then the byte.
            let header = (block == 15 ? 1 : 0) | 1 << 1 | (128 << 10) << 3
            bomb += [UInt8(header & 255), UInt8(header >> 8 & 255), UInt8(header >> 16 & 255), 0]
        }
        #expect(throws: ZstdError.tooLarge(max: 1 << 20)) { try Zstd.decompress(bomb, sizeMax: 1 << 20) }
        #expect(try Zstd.decompress(bomb, sizeMax: 2 << 20) == [UInt8](repeating: 0, count: 2 << 20))
        #expect(try Zstd.decompress(bomb, sizeMax: Int.max).count == 2 << 20)
    }

    @Test func bytesAfterTheFrameAreRefused() throws {
        let frame = try Zstd.compress(text, level: 3)
        #expect(throws: ZstdError.trailingBytes) { try Zstd.decompress(frame + [0], sizeMax: 1 << 20) }
        #expect(throws: ZstdError.trailingBytes) { try Zstd.decompress(frame + frame, sizeMax: 1 << 20) }
    }

    @Test func truncatedAndForeignFramesAreRefused() throws {
        let frame = try Zstd.compress(text, level: 3)
        for count in 0..<frame.count {
            #expect(throws: ZstdError.damaged) { try Zstd.decompress(Array(frame.prefix(count)), sizeMax: 1 << 20) }
        }
        let skippable = try hex("502a4d18 04000000 01020304")
        #expect(throws: ZstdError.damaged) { try Zstd.decompress(skippable, sizeMax: 1 << 20) }
        #expect(throws: ZstdError.damaged) { try Zstd.decompress(text, sizeMax: 1 << 20) }
    }

    /// Frames carry no checksum (the layer above authenticates), so a flipped bit may go unseen, but never beyond the
    /// limit and never as a trap.
    @Test func flippedBitsNeverExceedTheLimit() throws {
        let frame = try Zstd.compress(Array(text.prefix(3_000)) + RandomSource.bytes(300), level: 3)
        let decompressor = try Decompressor()
        for index in frame.indices {
            for bit in 0..<8 {
                var damaged = frame
                damaged[index] ^= 1 << UInt8(bit)
                let content = try? decompressor.decompress(damaged, sizeMax: 4_000)
                #expect((content?.count ?? 0) <= 4_000)
            }
        }
        #expect(try decompressor.decompress(frame, sizeMax: 4_000).count == 3_300)
    }
}
