/// A 32-byte secret as 24 English words with a checksum (BIP-39: 256 bits and the first 8 bits of their SHA-256, in
/// groups of 11 bits). The words are ordinary strings, so keep them no longer than needed.
package enum RecoveryWords {
    /// How many words there are.
    package static let count = 24

    /// The words of a secret of 32 bytes.
    /// - Throws: `malformedKey` for any other length.
    package static func encode(_ secret: SecretBytes) throws(CryptoError) -> [String] {
        guard secret.count == 32 else { throw .malformedKey }
        let checked = SecretBytes(count: 33) { out in
            secret.withUnsafeBytes { raw in
                out.copyMemory(from: raw)
                out[32] = SHA256.hash(raw).bytes[0]
            }
        }
        return checked.withUnsafeBytes { raw in
            (0..<count).map { word in
                let index = (word * 11..<(word + 1) * 11).reduce(0) { number, bit in
                    number << 1 | Int(raw[bit / 8] >> UInt8(7 - bit % 8) & 1)
                }
                return WordList.words[index]
            }
        }
    }

    /// The secret of 24 words. Letter case does not matter.
    package static func decode(_ words: [String]) throws(RecoveryWordsError) -> SecretBytes {
        guard words.count == count else { throw .wrongCount(words.count) }
        var indices: [Int] = []
        for (offset, word) in words.enumerated() {
            let word = word.lowercased()
            guard let index = WordList.index(of: word) else {
                throw .unknownWord(position: offset + 1, nearest: WordList.nearest(to: word))
            }
            indices.append(index)
        }
        let checked = SecretBytes(count: 33) { out in
            for bit in 0..<33 * 8 where indices[bit / 11] >> (10 - bit % 11) & 1 == 1 {
                out[bit / 8] |= 1 << UInt8(7 - bit % 8)
            }
        }
        let matches = checked.withUnsafeBytes { raw in
            SHA256.hash(UnsafeRawBufferPointer(rebasing: raw.prefix(32))).bytes[0] == raw[32]
        }
        guard matches else { throw .wrongChecksum }
        return SecretBytes(count: 32) { out in
            checked.withUnsafeBytes { out.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(32))) }
        }
    }
}
