import CSodium

/// A purpose of at most 16 ASCII bytes that keeps derived keys and hashes of different uses apart (BLAKE2b's
/// "personal" parameter, padded with zeros).
package struct Purpose: ExpressibleByStringLiteral, Hashable, Sendable {
    /// 16 bytes.
    let personal: [UInt8]

    /// Only from a literal: a purpose is part of the program, so a wrong one is found by the first test.
    package init(stringLiteral: StaticString) {
        let bytes = Array("\(stringLiteral)".utf8)
        precondition(
            (1...16).contains(bytes.count) && bytes.allSatisfy { (33...126).contains($0) }, "malformed purpose")
        personal = bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
    }
}

/// BLAKE2b (RFC 7693) by libsodium.
package enum BLAKE2b {
    /// The hash of all parts, one after the other, with nothing in between.
    /// - Parameters:
    ///   - key: at most 64 bytes; nil or empty for a plain hash.
    ///   - personal: a purpose, or nil for BLAKE2b as in the RFC.
    ///   - count: bytes of the hash, 1...64.
    package static func hash(
        _ parts: [any ByteView], key: SecretBytes? = nil, personal: Purpose? = nil, count: Int = 32
    ) -> [UInt8] {
        var hasher = BLAKE2bHasher(key: key, personal: personal, count: count)
        for part in parts { hasher.update(part) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            hasher.write(to: UnsafeMutableRawBufferPointer(buffer))
            initialised = count
        }
    }

    /// The hash of one piece of data.
    package static func hash(
        _ bytes: some ByteView, key: SecretBytes? = nil, personal: Purpose? = nil, count: Int = 32
    ) -> [UInt8] {
        hash([bytes], key: key, personal: personal, count: count)
    }

    /// The same as `hash`, for inputs that make the result a secret.
    package static func secretHash(
        _ parts: [any ByteView], key: SecretBytes? = nil, personal: Purpose? = nil, count: Int = 32
    ) -> SecretBytes {
        var hasher = BLAKE2bHasher(key: key, personal: personal, count: count)
        for part in parts { hasher.update(part) }
        return SecretBytes(count: count) { hasher.write(to: $0) }
    }
}

/// BLAKE2b over data that comes piece by piece. Its state is wiped when it goes.
struct BLAKE2bHasher: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private let count: Int

    private var state: OpaquePointer { OpaquePointer(memory) }

    /// Lengths are the program's own: a key of at most 64 bytes and a hash of 1...64.
    init(key: SecretBytes?, personal: Purpose?, count: Int) {
        Sodium.require()
        precondition((1...64).contains(count) && (key?.count ?? 0) <= 64, "blake2b: wrong length")
        // Swift does not import the state's type; libsodium asks for 64-byte alignment.
        memory = .allocate(byteCount: crypto_generichash_blake2b_statebytes(), alignment: 64)
        self.count = count
        let state = self.state
        let personal = personal?.personal ?? [UInt8](repeating: 0, count: 16)
        let start = { (key: UnsafeRawBufferPointer) -> Int32 in
            crypto_generichash_blake2b_init_salt_personal(state, key.bytes, key.count, count, nil, personal)
        }
        let result = key.map { $0.withUnsafeBytes(start) } ?? start(UnsafeRawBufferPointer(start: nil, count: 0))
        precondition(result == 0, "blake2b: libsodium failed")
    }

    deinit {
        sodium_memzero(memory, crypto_generichash_blake2b_statebytes())
        memory.deallocate()
    }

    /// Adds bytes.
    mutating func update(_ bytes: some ByteView) {
        bytes.withRawBytes { raw in
            _ = crypto_generichash_blake2b_update(state, raw.bytes, UInt64(raw.count))
        }
    }

    /// Adds a field with its length before it.
    mutating func updateField(_ bytes: some ByteView) {
        update(LengthPrefix.length(bytes.withRawBytes { $0.count }))
        update(bytes)
    }

    /// Writes the hash, `count` bytes. To be called once.
    mutating func write(to out: UnsafeMutableRawBufferPointer) {
        precondition(out.count >= count, "blake2b: wrong length")
        let result = crypto_generichash_blake2b_final(
            state, out.bytes, count)
        precondition(result == 0, "blake2b: libsodium failed")
    }
}
