import QuloudCrypto
import Testing

@Suite struct Argon2idTests {
    /// Calculated by OpenSSL's Argon2id with one lane, two passes and 64 MiB.
    @Test func agreesWithAnotherImplementation() throws {
        let key = try Argon2id.derive(
            passphrase: SecretBytes(copying: "correct horse"), salt: Array(0..<16), parameters: .lightest)
        #expect(reveal(key) == (try hex("9aab5a81db651bf866ff7b6169794d2ad9bb00f3d95177925a5fca692a34dbd1")))
    }

    @Test(arguments: [
        (1, 64 << 20), (17, 64 << 20), (3, (64 << 20) - 1024), (3, (1 << 30) + 1024), (3, (64 << 20) + 1), (-1, -1),
        (Int.max, Int.max),
    ])
    func parametersOutsideFloorAndCapAreRefused(ops: Int, mem: Int) {
        #expect(throws: CryptoError.outOfRange) { try Argon2id.Parameters(opsLimit: ops, memLimit: mem) }
    }

    @Test func storedParametersReadBack() throws {
        let moderate = Argon2id.Parameters.moderate
        #expect(try Argon2id.Parameters(opsLimit: moderate.opsLimit, memLimit: moderate.memLimit) == moderate)
    }

    @Test func wrongSaltsAndCountsAreRefused() {
        let phrase = SecretBytes(copying: "x")
        #expect(throws: CryptoError.outOfRange) {
            try Argon2id.derive(passphrase: phrase, salt: [1], parameters: .lightest)
        }
        #expect(throws: CryptoError.outOfRange) {
            try Argon2id.derive(passphrase: phrase, salt: Array(0..<16), parameters: .lightest, count: 15)
        }
    }
}
