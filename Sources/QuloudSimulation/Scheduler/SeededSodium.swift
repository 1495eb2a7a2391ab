import CSodium
import Synchronization

/// Makes libsodium's own randomness (nonces, ephemeral keys) follow the seed.
enum SeededSodium {
    private static let draw = Mutex(Draw(seed: 0, stream: 0))

    /// Before anything else of libsodium is used.
    static func install() -> Bool {
        let implementation = UnsafeMutablePointer<randombytes_implementation>.allocate(capacity: 1)
        implementation.initialize(
            to: randombytes_implementation(
                implementation_name: { nil }, random: { SeededSodium.word() }, stir: {}, uniform: nil,
                buf: { buffer, count in SeededSodium.fill(UnsafeMutableRawBufferPointer(start: buffer, count: count)) },
                close: { 0 }))
        // Starting the library draws too: once in a process, not once in a world.
        return randombytes_set_implementation(implementation) == 0 && sodium_init() >= 0
    }

    static func seed(_ seed: UInt64) { draw.withLock { $0 = Draw(seed: seed, stream: 2) } }

    private static func word() -> UInt32 { draw.withLock { UInt32(truncatingIfNeeded: $0.next()) } }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        draw.withLock { draw in
            for start in stride(from: 0, to: buffer.count, by: 8) {
                withUnsafeBytes(of: draw.next()) { word in
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<min(start + 8, buffer.count)])
                    part.copyMemory(from: UnsafeRawBufferPointer(rebasing: word[..<part.count]))
                }
            }
        }
    }
}
