import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct WireTests {
    private func sample() -> [UInt8] {
        var writer = WireWriter()
        writer.put(UInt8(1))
        writer.put(UInt16(0x0203))
        writer.put(UInt32(0x0405_0607))
        writer.put(UInt64(0x0809_0A0B_0C0D_0E0F))
        writer.put(Int64(-2))
        writer.put(ChunkID.numbered(5))
        writer.put(Timestamp(milliseconds: 77))
        writer.put(short: [1, 2, 3])
        writer.put(long: [4, 5])
        writer.put(short: "text".utf8)
        writer.put(raw: [9, 9])
        return writer.bytes
    }

    /// Found by fuzzing: bytes that are no UTF-8 grow to three each, and did not fit a second time.
    @Test func mendedTextIsReadTheSameAgain() throws {
        for bytes in [[UInt8](repeating: 0xFF, count: 255), Array(String(repeating: "ü", count: 127).utf8) + [0xC3]] {
            var reader = WireReader([255] + bytes)
            let text = try reader.text()
            var writer = WireWriter()
            writer.put(short: text.utf8)
            var again = WireReader(writer.bytes)
            #expect(try again.text() == text)
        }
    }

    private func read(_ bytes: [UInt8]) throws(WireError) {
        var reader = WireReader(bytes)
        let first: UInt8 = try reader.integer()
        let second: UInt16 = try reader.integer()
        let third: UInt32 = try reader.integer()
        let fourth: UInt64 = try reader.integer()
        let negative: Int64 = try reader.integer()
        #expect((first, second, third, fourth, negative) == (1, 0x0203, 0x0405_0607, 0x0809_0A0B_0C0D_0E0F, -2))
        #expect(try reader.id(ChunkID.self) == .numbered(5))
        #expect(try reader.timestamp() == Timestamp(milliseconds: 77))
        #expect(try reader.short() == [1, 2, 3])
        #expect(try reader.long(limit: 2) == [4, 5])
        #expect(try reader.text() == "text")
        #expect(try reader.raw(2) == [9, 9])
        try reader.finish()
    }

    @Test func whatIsWrittenIsRead() throws { try read(sample()) }

    @Test func integersAreBigEndian() {
        #expect(sample().prefix(15) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    }

    @Test func everyTruncationIsTruncated() {
        let bytes = sample()
        for count in 0..<bytes.count {
            #expect(throws: WireError.truncated) {
                var reader = WireReader(Array(bytes.prefix(count)))
                _ = try reader.raw(1 + 2 + 4 + 8 + 8 + 32 + 8)
                _ = try reader.short()
                _ = try reader.long(limit: 10)
                _ = try reader.text()
                _ = try reader.raw(2)
            }
        }
    }

    @Test func trailingBytesAreAnError() {
        #expect(throws: WireError.trailingBytes) { try read(sample() + [0]) }
    }

    @Test func aLengthBeyondTheLimitIsRefusedBeforeItIsBelieved() {
        var reader = WireReader([0xFF, 0xFF, 0xFF, 0xFF, 1])
        #expect(throws: WireError.outOfRange("field of 4294967295 bytes")) { try reader.long(limit: 4096) }
    }

    @Test func aLengthBeyondTheBytesIsTruncated() {
        var long = WireReader([0, 0, 0, 9, 1, 2])
        #expect(throws: WireError.truncated) { try long.long(limit: 4096) }
        var short = WireReader([9, 1, 2])
        #expect(throws: WireError.truncated) { try short.short() }
        var raw = WireReader([1])
        #expect(throws: WireError.truncated) { try raw.raw(-1) }
        #expect(throws: WireError.truncated) { try raw.raw(Int.max) }
    }

    @Test func shortFieldsAreCutAt255Bytes() throws {
        var writer = WireWriter()
        writer.put(short: [UInt8](repeating: 1, count: 300))
        var reader = WireReader(writer.bytes)
        #expect(try reader.short().count == 255)
        try reader.finish()
    }

    @Test func textIsMendedAndStripped() throws {
        var writer = WireWriter()
        writer.put(short: [0x41, 0xFF, 0x0A, 0x42, 0x7F, 0x1B])
        var reader = WireReader(writer.bytes)
        #expect(try reader.text() == "A\u{FFFD}B")
    }

    @Test func aStartBeyondTheEndReadsNothing() {
        var reader = WireReader([1, 2], from: 5)
        #expect(reader.remaining == 0)
        #expect(throws: WireError.truncated) { try reader.integer(UInt8.self) }
    }

    @Test func takingEmptiesTheWriter() {
        var writer = WireWriter()
        writer.put(UInt8(1))
        #expect(writer.take() == [1])
        #expect(writer.bytes.isEmpty)
    }
}
