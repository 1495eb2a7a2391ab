/// Why data could not be compressed or expanded.
package enum ZstdError: Error, Equatable, Sendable {
    /// Not one whole zstd frame, or its content is damaged.
    case damaged
    /// There are bytes after the frame.
    case trailingBytes
    /// The content would be larger than permitted.
    case tooLarge(max: Int)
    /// The library had no memory for its tables.
    case outOfMemory
}

extension ZstdError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damaged: "zstd: frame is damaged"
        case .trailingBytes: "zstd: bytes after the frame"
        case .tooLarge(let max): "zstd: content is larger than \(max) bytes"
        case .outOfMemory: "zstd: out of memory"
        }
    }
}
