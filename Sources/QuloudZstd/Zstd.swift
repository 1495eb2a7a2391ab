/// Zstandard, one frame at a time. These make a context per call; where chunks come in a row, hold a `Compressor` or a
/// `Decompressor`.
package enum Zstd {
    /// One frame that declares its content's size.
    package static func compress(_ bytes: UnsafeRawBufferPointer, level: Int32) throws(ZstdError) -> [UInt8] {
        try Compressor(level: level).compress(bytes)
    }

    /// One frame that declares its content's size.
    package static func compress(_ bytes: [UInt8], level: Int32) throws(ZstdError) -> [UInt8] {
        try Compressor(level: level).compress(bytes)
    }

    /// The content of exactly one frame, at most `sizeMax` bytes.
    package static func decompress(_ bytes: UnsafeRawBufferPointer, sizeMax: Int) throws(ZstdError) -> [UInt8] {
        try Decompressor().decompress(bytes, sizeMax: sizeMax)
    }

    /// The content of exactly one frame, at most `sizeMax` bytes.
    package static func decompress(_ bytes: [UInt8], sizeMax: Int) throws(ZstdError) -> [UInt8] {
        try Decompressor().decompress(bytes, sizeMax: sizeMax)
    }
}
