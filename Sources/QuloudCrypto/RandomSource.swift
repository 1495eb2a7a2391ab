import CSodium

/// The operating system's random bytes, by way of libsodium.
package enum RandomSource {
    /// `count` random bytes for public use, such as nonces and ids. For keys use `SecretBytes(random:)`.
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.require()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            if let base = buffer.baseAddress { randombytes_buf(base, count) }
            initialised = count
        }
    }

    /// 32 random bytes for public use.
    package static func bytes32() -> Bytes32 {
        Sodium.require()
        return Bytes32 { randombytes_buf($0.bytes, 32) }
    }
}
