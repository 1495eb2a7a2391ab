import CSodium
import QuloudCrypto
import Testing

@Suite struct AEADTests {
    let key = SecretBytes(copying: Array(0x80..<0xa0))
    let nonce: [UInt8] = Array(0x40..<0x58)
    let data: [UInt8] = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7]
    let text = Array(
        """
        Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.
        """.utf8)

    /// draft-irtf-cfrg-xchacha, A.3.1.
    @Test func matchesThePublishedVector() throws {
        let expected = try hex(
            """
            bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
            731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
            2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
            21f9664c97637da9768812f615c68b13b52e
            c0875924c1c7987947deafd8780acf49
            """)
        let sealed = try AEAD.seal(text, key: key, nonce: nonce, associatedData: data)
        #expect(sealed == expected)
        #expect(try AEAD.open(sealed, key: key, nonce: nonce, associatedData: data) == text)
    }

    /// Byte for byte what libsodium's own XChaCha20-Poly1305 makes, around every block and vector width and at a chunk's size.
    @Test func isWhatLibsodiumMakes() throws {
        for count in Array(0...600) + [1023, 4096, 65_537, 1_048_613] {
            let (text, data) = (RandomSource.bytes(count), RandomSource.bytes(count % 67))
            let (key, nonce) = (SecretBytes(random: AEAD.keyCount), AEAD.randomNonce())
            var expected = [UInt8](repeating: 0, count: count + AEAD.tagCount)
            _ = try key.withUnsafeBytes { key in
                crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &expected, nil, text, UInt64(text.count), data, UInt64(data.count), nil, nonce,
                    try #require(key.bindMemory(to: UInt8.self).baseAddress))
            }
            #expect(try AEAD.seal(text, key: key, nonce: nonce, associatedData: data) == expected)
            #expect(try AEAD.open(expected, key: key, nonce: nonce, associatedData: data) == text)
        }
    }

    @Test func whatIsNotGenuineIsNotRevealed() throws {
        var sealed = try AEAD.seal(text, key: key, nonce: nonce, associatedData: data)
        sealed[sealed.count - 1] ^= 1
        var plain = [UInt8](repeating: 7, count: text.count)
        sealed.withUnsafeBytes { sealed in
            plain.withUnsafeMutableBytes { plain in
                _ = #expect(throws: CryptoError.authenticationFailed) {
                    try AEAD.open(sealed, into: plain, key: key, nonce: nonce, associatedData: data)
                }
            }
        }
        #expect(plain.allSatisfy { $0 == 0 })
    }

    @Test func partsAreSealedAsOneText() throws {
        let long = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let expected = try AEAD.seal(long, key: key, nonce: nonce, associatedData: data)
        for cuts in [[5, 99_000], [0, 64], [1, 65], [63, 100_000], [0, 0], [17, 18]] {
            let parts: [any ByteView] = [long[..<cuts[0]], Array(long[cuts[0]..<cuts[1]]), long[cuts[1]...]]
            var array: [UInt8] = [1, 2, 3]
            try AEAD.seal(parts: parts, appendingTo: &array, key: key, nonce: nonce, associatedData: data)
            #expect(array == [1, 2, 3] + expected)
        }
    }

    @Test func sealsIntoBuffersInPlaceAndAfterAHeader() throws {
        let expected = try AEAD.seal(text, key: key, nonce: nonce, associatedData: data)
        var array: [UInt8] = [1, 2, 3]
        try AEAD.seal(text, appendingTo: &array, key: key, nonce: nonce, associatedData: data)
        #expect(array == [1, 2, 3] + expected)

        var buffer = text + [UInt8](repeating: 0, count: AEAD.tagCount)
        try buffer.withUnsafeMutableBytes { raw in
            let plain = UnsafeRawBufferPointer(rebasing: raw.prefix(text.count))
            try AEAD.seal(plain, into: raw, key: key, nonce: nonce, associatedData: data)
        }
        #expect(buffer == expected)
        try buffer.withUnsafeMutableBytes { raw in
            let plain = UnsafeMutableRawBufferPointer(rebasing: raw.prefix(text.count))
            try AEAD.open(UnsafeRawBufferPointer(raw), into: plain, key: key, nonce: nonce, associatedData: data)
        }
        #expect(Array(buffer.prefix(text.count)) == text)
    }

    @Test func anyChangeIsRefused() throws {
        let sealed = try AEAD.seal(text, key: key, nonce: nonce, associatedData: data)
        let forged: [([UInt8], SecretBytes, [UInt8], [UInt8])] =
            sealed.indices.map { (flipped(sealed, at: $0), key, nonce, data) } + [
                (Array(sealed.dropLast()), key, nonce, data),
                (Array(sealed.prefix(15)), key, nonce, data),
                ([], key, nonce, data),
                (sealed, SecretBytes(random: 32), nonce, data),
                (sealed, key, flipped(nonce, at: 23), data),
                (sealed, key, nonce, flipped(data, at: 0)),
                (sealed, key, nonce, []),
            ]
        for (sealed, key, nonce, data) in forged {
            #expect(throws: CryptoError.authenticationFailed) {
                try AEAD.open(sealed, key: key, nonce: nonce, associatedData: data)
            }
        }
    }

    @Test func emptyTextsAndSecretsRoundTrip() throws {
        let empty = try AEAD.seal([UInt8](), key: key, nonce: nonce)
        #expect(empty.count == AEAD.tagCount)
        #expect(try AEAD.open(empty, key: key, nonce: nonce).isEmpty)
        #expect(throws: CryptoError.authenticationFailed) {
            try AEAD.open(flipped(empty, at: 3), key: key, nonce: nonce)
        }
        let wrapped = try AEAD.seal(key, key: key, nonce: nonce)
        #expect(try AEAD.openSecret(wrapped, key: key, nonce: nonce).constantTimeEquals(key))
        #expect(throws: CryptoError.authenticationFailed) {
            try AEAD.openSecret(flipped(wrapped, at: 3), key: key, nonce: nonce)
        }
    }

    @Test func wrongLengthsAreErrorsAndLeaveTheArrayAlone() {
        var array: [UInt8] = [1]
        #expect(throws: CryptoError.malformedKey) {
            try AEAD.seal(text, appendingTo: &array, key: SecretBytes(random: 31), nonce: nonce)
        }
        #expect(throws: CryptoError.outOfRange) {
            try AEAD.seal(text, appendingTo: &array, key: key, nonce: Array(nonce.dropLast()))
        }
        #expect(array == [1])
        #expect(throws: CryptoError.outOfRange) {
            try AEAD.seal(text, appendingTo: &array, key: key, nonce: [])
        }
        #expect(AEAD.randomNonce() != AEAD.randomNonce())
    }
}
