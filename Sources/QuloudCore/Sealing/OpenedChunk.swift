/// The plaintext of a chunk, where it was opened: beside what else the payload holds, and without a copy.
package struct OpenedChunk: Sendable {
    let payload: [UInt8]
    /// Where the plaintext lies in `payload`.
    let range: Range<Int>

    package var bytes: ArraySlice<UInt8> { payload[range] }

    /// Where a part of the plaintext lies in `payload`; `nil` when it reaches beyond the plaintext.
    func range(of count: Int, at offset: Int) -> Range<Int>? {
        guard offset >= 0, count >= 0, offset <= range.count, count <= range.count - offset else { return nil }
        let start = range.lowerBound + offset
        return start..<start + count
    }
}
