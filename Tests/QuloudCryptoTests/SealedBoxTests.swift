import QuloudCrypto
import Testing

@Suite struct SealedBoxTests {
    @Test(arguments: [0, 1, 500])
    func roundTrips(count: Int) throws {
        let pair = try SealedBox.KeyPair(seed: SecretBytes(random: 32))
        let message = RandomSource.bytes(count)
        let box = try SealedBox.seal(message, to: pair.publicKey)
        #expect(box.count == count + SealedBox.overheadCount)
        #expect(box != (try SealedBox.seal(message, to: pair.publicKey)))
        #expect(try pair.open(box) == message)
        let again = try SealedBox.KeyPair(seed: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
        let same = try SealedBox.KeyPair(seed: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
        #expect(again.publicKey == same.publicKey)
    }

    @Test func changedTruncatedAndForeignBoxesAreRefused() throws {
        let pair = try SealedBox.KeyPair(seed: SecretBytes(random: 32))
        let stranger = try SealedBox.KeyPair(seed: SecretBytes(random: 32))
        let box = try SealedBox.seal("receipt", to: pair.publicKey)
        for index in box.indices {
            // The top bit of an X25519 key is ignored, but the nonce hashes it too.
            #expect(throws: CryptoError.authenticationFailed) { try pair.open(flipped(box, at: index)) }
        }
        for count in [0, 47, box.count - 1] {
            #expect(throws: CryptoError.authenticationFailed) { try pair.open(box.prefix(count)) }
        }
        #expect(throws: CryptoError.authenticationFailed) { try stranger.open(box) }
    }

    @Test func keysOfSmallOrderAndWrongSeedsAreRefused() {
        #expect(throws: CryptoError.malformedKey) { try SealedBox.seal("receipt", to: Bytes32()) }
        #expect(throws: CryptoError.malformedKey) { try SealedBox.KeyPair(seed: SecretBytes(random: 33)) }
    }
}
