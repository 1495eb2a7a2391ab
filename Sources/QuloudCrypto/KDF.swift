/// Key derivation: BLAKE2b keyed with the parent key, personalised with the purpose, over the context.
package enum KDF {
    /// A key of `count` bytes (16...64).
    /// - Parameters:
    ///   - key: the parent, 16...64 bytes; a key that was read from outside must have been checked for its length.
    ///   - purpose: keeps the children of one parent apart.
    ///   - context: further distinguishing bytes; several fields go in with `fields:` instead.
    package static func derive(
        from key: SecretBytes, purpose: Purpose, context: [UInt8] = [], count: Int = 32
    ) -> SecretBytes {
        precondition((16...64).contains(count) && (16...64).contains(key.count), "key derivation: wrong length")
        return BLAKE2b.secretHash([context], key: key, personal: purpose, count: count)
    }

    /// The same, with each field of the context length-prefixed (`LengthPrefix.join`).
    package static func derive(
        from key: SecretBytes, purpose: Purpose, fields: [any ByteView], count: Int = 32
    ) -> SecretBytes {
        derive(from: key, purpose: purpose, context: LengthPrefix.join(fields), count: count)
    }
}
