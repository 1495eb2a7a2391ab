import CNATS
import Glibc

/// Reads nkey seed files: base32 of two prefix bytes, 32 seed bytes and a CRC-16 (the nkeys format of NATS).
enum NKeySeed {
    private static let fileBytesMax = 16 * 1024
    private static let seedPrefix: UInt8 = 18 << 3
    private static let userPrefix: UInt8 = 20 << 3

    /// The public user key (`U…`) that belongs to the seed in `path`.
    static func publicKey(ofFile path: String) throws(NATSError) -> String {
        func unusable(_ why: String) -> NATSError { NATSError(.badSettings, "read nkey seed file", path, detail: why) }
        guard let text = readText(path) else { throw unusable("cannot be read") }
        let line = text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("SU") }
        guard let line, let raw = decodeBase32(line), raw.count == 36 else {
            throw unusable("no user seed (SU…) in it")
        }
        let checksum = UInt16(raw[34]) | UInt16(raw[35]) << 8
        guard checksum == crc16(raw[..<34]), raw[0] & 0xF8 == seedPrefix else { throw unusable("mistyped seed") }
        var key = [UInt8](repeating: 0, count: 32)
        guard quloud_nkey_public(Array(raw[2..<34]), &key) == 1 else { throw unusable("unusable seed") }
        var encoded = [userPrefix] + key
        let sum = crc16(encoded[...])
        encoded += [UInt8(truncatingIfNeeded: sum), UInt8(truncatingIfNeeded: sum >> 8)]
        return encodeBase32(encoded)
    }

    private static func readText(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: fileBytesMax)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    private static func decodeBase32(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            buffer = (buffer << 5 | UInt32(value)) & 0xFFFF
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
        }
        return bytes
    }

    private static func encodeBase32(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// CRC-16/XMODEM.
    private static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(into: UInt16(0)) { crc, byte in
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
    }
}
