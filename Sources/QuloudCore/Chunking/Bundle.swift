import QuloudCrypto

/// Collects small files, in path order, into chunks of about the average size, so that 100,000 tiny files do not become
/// 100,000 tiny chunks. Where a bundle ends depends on the content of its last file, so that one changed file disturbs
/// its own bundle and at most the next.
package struct BundleRule: Sendable {
    private let key: SecretBytes
    private let sizes: ChunkSizes

    /// Files up to this many bytes are bundled.
    package static let fileSizeMax = 128 * 1024

    package init(key: SecretBytes, sizes: ChunkSizes = .standard) {
        self.key = key
        self.sizes = sizes
    }

    /// True when a file of `count` bytes does not fit behind `size` bytes of bundle.
    package func overflows(size: Int, adding count: Int) -> Bool { size + count > sizes.most }

    /// True when a bundle that has grown to `size` bytes ends with this file. Long files end bundles more often than short
    /// ones, so that bundles have about 600 KiB.
    package func ends(size: Int, with file: UnsafeRawBufferPointer) -> Bool {
        guard size >= sizes.least else { return false }
        let draw = BLAKE2b.hash([file], key: key, personal: "bundle", count: 16).prefix(8)
        let value = draw.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let span = UInt64(max(1, sizes.average - sizes.least))
        return value / (UInt64.max / span) < UInt64(max(file.count, 1))
    }
}
