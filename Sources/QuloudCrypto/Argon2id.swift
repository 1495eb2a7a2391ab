import CSodium

/// Argon2id 1.3 with one lane: from a passphrase to a key. Takes long and much memory on purpose, so never call it on
/// Swift's cooperative threads.
package enum Argon2id {
    /// Bytes of a salt.
    package static let saltCount = 16

    /// How hard to work. Only values within floor and cap exist, so that a forged key file can neither weaken the
    /// derivation nor exhaust the machine.
    package struct Parameters: Hashable, Sendable {
        /// Passes permitted: 2...16.
        package static let opsRange = 2...16
        /// Bytes permitted: 64 MiB...1 GiB.
        package static let memRange = (64 << 20)...(1 << 30)
        /// Three passes over 256 MiB: about a second on a NAS.
        package static let moderate = Parameters(checkedOps: 3, checkedMem: 256 << 20)
        /// Two passes over 64 MiB: the floor.
        package static let lightest = Parameters(checkedOps: 2, checkedMem: 64 << 20)

        /// Passes over the memory.
        package let opsLimit: Int
        /// Bytes of memory.
        package let memLimit: Int

        /// Takes what was stored.
        /// - Throws: `outOfRange` outside the permitted ranges or for memory that is not whole KiB.
        package init(opsLimit: Int, memLimit: Int) throws(CryptoError) {
            guard Self.opsRange.contains(opsLimit), Self.memRange.contains(memLimit), memLimit % 1024 == 0 else {
                throw .outOfRange
            }
            self.init(checkedOps: opsLimit, checkedMem: memLimit)
        }

        private init(checkedOps: Int, checkedMem: Int) {
            opsLimit = checkedOps
            memLimit = checkedMem
        }
    }

    /// The key of a passphrase, `count` bytes (16...64).
    /// - Throws: `outOfRange` for a salt other than 16 bytes or a wrong count, `outOfMemory`.
    package static func derive(
        passphrase: SecretBytes, salt: [UInt8], parameters: Parameters, count: Int = 32
    ) throws(CryptoError) -> SecretBytes {
        try Sodium.start()
        guard salt.count == saltCount, (16...64).contains(count) else { throw .outOfRange }
        return try SecretBytes(count: count) { (out) throws(CryptoError) in
            let result = passphrase.withUnsafeBytes { phrase in
                let text = UnsafeRawPointer(phrase.bytes).assumingMemoryBound(to: CChar.self)
                return crypto_pwhash_argon2id(
                    out.bytes, UInt64(count), text, UInt64(phrase.count), salt, UInt64(parameters.opsLimit),
                    parameters.memLimit, crypto_pwhash_argon2id_ALG_ARGON2ID13)
            }
            guard result == 0 else { throw .outOfMemory }
        }
    }
}
