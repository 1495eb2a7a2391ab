/// Something whose bytes can be read in place. Lets hashes, MACs and ciphers take any mix of byte types as parts
/// without joining them into one array first.
package protocol ByteView {
    /// Calls `body` with the bytes; the pointer is valid only during the call.
    func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
}

extension Array: ByteView where Element == UInt8 {
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withUnsafeBufferPointer { (bytes) throws(E) -> R in try body(UnsafeRawBufferPointer(bytes)) }
    }
}

extension ArraySlice: ByteView where Element == UInt8 {
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withUnsafeBufferPointer { (bytes) throws(E) -> R in try body(UnsafeRawBufferPointer(bytes)) }
    }
}

extension UnsafeRawBufferPointer: ByteView {
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(self)
    }
}

/// A string counts as its UTF-8 bytes, so that domain strings can be written as literals.
extension String: ByteView {
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try Array(utf8).withRawBytes(body)
    }
}
