import QuloudCrypto

/// 256 random words, one per byte value, keyed: cut points reveal nothing to whoever lacks the key (eprint 2025/532 and
/// 2025/558 show what unkeyed ones give away).
package struct GearTable: Sendable {
    let words: [UInt64]

    package init(key: SecretBytes) {
        var words: [UInt64] = []
        words.reserveCapacity(256)
        for block in UInt8.min..<32 {
            let bytes = BLAKE2b.hash([block], key: key, personal: "gear", count: 64)
            for start in stride(from: 0, to: 64, by: 8) {
                words.append(bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) })
            }
        }
        self.words = words
    }
}
