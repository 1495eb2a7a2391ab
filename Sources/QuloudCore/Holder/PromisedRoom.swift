import Synchronization

/// Room for chunks that were accepted and are not in the index yet, so that batches side by side do not take it twice. What
/// is written already, but not in the index, counts twice meanwhile: that leaves a ticket to others, and loses nothing.
final class PromisedRoom: Sendable {
    private let promised = Mutex<Int64>(0)
    /// Held while a batch is decided on.
    let turn = ByteGate(capacity: 1)

    var bytes: Int64 { promised.withLock { $0 } }

    /// Negative to take a promise back.
    func promise(_ bytes: Int64) { promised.withLock { $0 += bytes } }

    /// A sealed chunk on disk is a little longer than it travels.
    static func bytes(for sealedSize: Int) -> Int64 { Int64(sealedSize) + 1024 }
}
