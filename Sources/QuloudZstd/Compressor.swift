import CZstd

/// Compresses one frame after the other with the same tables. For one thread at a time.
package final class Compressor {
    private let context: OpaquePointer
    private let level: Int32

    /// - Parameter level: 1 (fast) to 19; zstd clamps what lies outside its range.
    /// - Throws: `outOfMemory`.
    package init(level: Int32) throws(ZstdError) {
        guard let context = ZSTD_createCCtx() else { throw .outOfMemory }
        self.context = context
        self.level = level
    }

    deinit { ZSTD_freeCCtx(context) }

    /// One frame that declares its content's size.
    /// - Throws: `outOfMemory`.
    package func compress(_ bytes: UnsafeRawBufferPointer) throws(ZstdError) -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        var code = 0
        let frame = [UInt8](unsafeUninitializedCapacity: bound) { buffer, initialised in
            code = ZSTD_compressCCtx(context, buffer.baseAddress, bound, bytes.baseAddress, bytes.count, level)
            initialised = ZSTD_isError(code) == 0 ? code : 0
        }
        // With room for the worst case, memory is all that can be missing.
        guard ZSTD_isError(code) == 0 else { throw .outOfMemory }
        return frame
    }

    /// One frame that declares its content's size.
    /// - Throws: `outOfMemory`.
    package func compress(_ bytes: [UInt8]) throws(ZstdError) -> [UInt8] {
        try bytes.withUnsafeBufferPointer { (raw) throws(ZstdError) in try compress(UnsafeRawBufferPointer(raw)) }
    }
}
