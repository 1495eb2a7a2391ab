import CSodium

/// Secret bytes in guarded memory: between guard pages, kept out of swap where the system permits, zeroed when freed.
/// Small secrets share a stretch of it, since mapping one for each costs more than what most keys are used for.
///
/// Never changes after `init`. Has no `Equatable`, no array of its bytes and no telling description, so that a secret
/// does not slip into a log or a comparison that takes variable time.
package final class SecretBytes: @unchecked Sendable {
    // SAFETY: the memory is written only during init, by one thread, and read-only until deinit.
    private let pointer: UnsafeMutableRawPointer

    /// How many bytes.
    package let count: Int

    /// Has `body` write `count` bytes, which start as zeros. Traps only if the system has no memory left.
    package init<E: Error>(
        count: Int, filling body: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        pointer = GuardedMemory.take(count)
        self.count = count
        try body(UnsafeMutableRawBufferPointer(start: pointer, count: count))
    }

    /// `count` fresh random bytes.
    package convenience init(random count: Int) {
        self.init(count: count) { randombytes_buf($0.bytes, count) }
    }

    /// Copies bytes whose original is looked after by the caller.
    package convenience init(copying bytes: some ByteView) {
        self.init(viewing: bytes)
    }

    /// Copies an array and zeroes it. Other arrays that share its storage keep theirs.
    package convenience init(wiping bytes: inout [UInt8]) {
        self.init(viewing: bytes)
        bytes.withUnsafeMutableBytes { sodium_memzero(UnsafeMutableRawBufferPointer($0).bytes, $0.count) }
        bytes = []
    }

    private convenience init(viewing bytes: some ByteView) {
        let count = bytes.withRawBytes { $0.count }
        self.init(count: count) { memory in
            bytes.withRawBytes { memory.copyMemory(from: $0) }
        }
    }

    deinit { GuardedMemory.giveBack(pointer, count) }

    /// Calls `body` with the bytes; they must not be copied to where they outlive the secret.
    package func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// Compares in time that depends on the lengths only.
    package func constantTimeEquals(_ other: some ByteView) -> Bool {
        other.withRawBytes { $0.count == count && sodium_memcmp(pointer, $0.bytes, count) == 0 }
    }
}

extension SecretBytes: ByteView {
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withUnsafeBytes(body)
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
