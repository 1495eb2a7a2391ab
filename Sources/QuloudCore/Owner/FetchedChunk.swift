/// A chunk on its way from a holder, shared by all who need it. Its room in memory is given back when the last lets go.
final class FetchedChunk: Sendable {
    let ref: ChunkRef
    let plaintext = Promise<OpenedChunk>()
    private let gate: ByteGate

    /// The caller has entered the gate for `ref.plainSize` bytes.
    init(_ ref: ChunkRef, gate: ByteGate) {
        self.ref = ref
        self.gate = gate
    }

    deinit { gate.leave(ref.plainSize) }
}
