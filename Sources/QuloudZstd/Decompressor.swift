import CZstd

/// Expands one frame after the other with the same tables. For one thread at a time.
package final class Decompressor {
    private let context: OpaquePointer

    /// - Throws: `outOfMemory`.
    package init() throws(ZstdError) {
        guard let context = ZSTD_createDCtx() else { throw .outOfMemory }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// The content of exactly one frame, at most `sizeMax` bytes. The declared size is checked before memory is taken;
    /// a frame that declares none never gets more than `sizeMax`.
    /// - Throws: `damaged`, `trailingBytes`, `tooLarge`, `outOfMemory`.
    package func decompress(_ frame: UnsafeRawBufferPointer, sizeMax: Int) throws(ZstdError) -> [UInt8] {
        try checkIsOneFrame(frame)
        switch ZSTD_getFrameContentSize(frame.baseAddress, frame.count) {
        case contentSizeUnknown:
            return try expandUndeclared(frame, sizeMax: sizeMax)
        case contentSizeError:
            throw .damaged
        case let declared:
            guard declared <= UInt64(max(0, sizeMax)) else { throw .tooLarge(max: sizeMax) }
            let content = try expand(frame, capacity: Int(declared))
            guard let content, content.count == Int(declared) else { throw .damaged }
            return content
        }
    }

    /// The content of exactly one frame, at most `sizeMax` bytes.
    /// - Throws: `damaged`, `trailingBytes`, `tooLarge`, `outOfMemory`.
    package func decompress(_ frame: [UInt8], sizeMax: Int) throws(ZstdError) -> [UInt8] {
        try frame.withUnsafeBufferPointer { (raw) throws(ZstdError) in
            try decompress(UnsafeRawBufferPointer(raw), sizeMax: sizeMax)
        }
    }

    /// A skippable frame has no content and another magic number; several frames in a row are not ours either.
    private func checkIsOneFrame(_ frame: UnsafeRawBufferPointer) throws(ZstdError) {
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        guard frame.starts(with: magic) else { throw .damaged }
        let size = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
        guard ZSTD_isError(size) == 0 else { throw .damaged }
        guard size == frame.count else { throw .trailingBytes }
    }

    /// Tries with growing room: whatever the frame is, it gets at most `sizeMax`.
    private func expandUndeclared(_ frame: UnsafeRawBufferPointer, sizeMax: Int) throws(ZstdError) -> [UInt8] {
        var capacity = min(max(0, sizeMax), max(64 << 10, frame.count.multipliedReportingOverflow(by: 4).partialValue))
        while true {
            if let content = try expand(frame, capacity: capacity) { return content }
            guard capacity < sizeMax else { throw .tooLarge(max: sizeMax) }
            capacity = capacity > sizeMax / 2 ? sizeMax : max(1, capacity * 2)
        }
    }

    /// The content, or nil when it needs more room.
    private func expand(_ frame: UnsafeRawBufferPointer, capacity: Int) throws(ZstdError) -> [UInt8]? {
        var code = 0
        // At least one byte, because an empty array has no address to give.
        let content = [UInt8](unsafeUninitializedCapacity: max(1, capacity)) { buffer, initialised in
            code = ZSTD_decompressDCtx(context, buffer.baseAddress, capacity, frame.baseAddress, frame.count)
            initialised = ZSTD_isError(code) == 0 ? code : 0
        }
        switch ZSTD_getErrorCode(code) {
        case ZSTD_error_no_error: return content
        case ZSTD_error_dstSize_tooSmall: return nil
        case ZSTD_error_memory_allocation: throw .outOfMemory
        default: throw .damaged
        }
    }

    // Spelt out because the C macros are casts, which Swift does not import.
    private let contentSizeUnknown = UInt64.max
    private let contentSizeError = UInt64.max - 1
}
