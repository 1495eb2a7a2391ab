/// An address for buffers without one: C calls refuse null, and read or write nothing there when the length is zero.
private enum EmptyBuffer {
    // SAFETY: never read or written, because it stands only for buffers of length zero.
    nonisolated(unsafe) static let address = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
}

extension UnsafeRawBufferPointer {
    /// The start as C calls want it.
    @inline(__always)
    var bytes: UnsafePointer<UInt8> {
        baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(EmptyBuffer.address)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The start as C calls want it.
    @inline(__always)
    var bytes: UnsafeMutablePointer<UInt8> {
        baseAddress?.assumingMemoryBound(to: UInt8.self) ?? EmptyBuffer.address
    }
}

extension [UInt8] {
    /// Appends `count` bytes that `body` writes in place, all of them; when it throws, the array stays as it was.
    mutating func appendWritten(
        _ count: Int, by body: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        try append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) throws(CryptoError) in
            try span.withUnsafeMutableBufferPointer { (buffer, initialised) throws(CryptoError) in
                try body(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
                initialised = count
            }
        }
    }

    /// Writes `count` bytes of a new array in place.
    init(count: Int, by body: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void) throws(CryptoError) {
        self = []
        try appendWritten(count, by: body)
    }
}
