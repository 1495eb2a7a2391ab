/// Where to cut a file into chunks.
package enum Cutting: String, Sendable, CaseIterable {
    /// By content, so that an insertion moves the cuts around it only (FastCDC, Xia et al., USENIX ATC 2016).
    case content
    /// Every `SealedChunk.plainSizeFixed` bytes: for disk images and databases, which change in place.
    case fixed
}

/// Sizes of content-defined chunks, in bytes.
package struct ChunkSizes: Sendable {
    package let least: Int
    package let average: Int
    package let most: Int
    /// Files up to this many bytes are bundled.
    package let bundled: Int

    package static let standard = ChunkSizes(least: 256 * 1024, average: 704 * 1024, most: SealedChunk.plainSizeMax)

    package init(least: Int, average: Int, most: Int, bundled: Int = BundleRule.fileSizeMax) {
        self.least = least
        self.average = average
        self.most = most
        self.bundled = bundled
    }
}

/// Finds the end of the next chunk. Cuts depend on the bytes of the chunk alone, so they start over with each file.
package struct Cutter: Sendable {
    private let gear: GearTable
    private let cutting: Cutting
    private let sizes: ChunkSizes
    private let strictMask: UInt64
    private let looseMask: UInt64

    package init(_ cutting: Cutting, gear: GearTable, sizes: ChunkSizes = .standard) {
        self.cutting = cutting
        self.gear = gear
        self.sizes = sizes
        let bits = Int.bitWidth - 1 - sizes.average.leadingZeroBitCount
        // Normalised chunking: cuts are rarer before the average and likelier after it, so sizes vary less.
        strictMask = Self.mask(bits: bits + 1)
        looseMask = Self.mask(bits: bits - 2)
    }

    /// The high bits: they depend on the last 64 bytes, the low ones on fewer.
    private static func mask(bits: Int) -> UInt64 { ~(UInt64.max >> UInt64(min(max(bits, 1), 63))) }

    /// The longest chunk, and so what must be at hand to cut.
    package var sizeMax: Int { cutting == .fixed ? SealedChunk.plainSizeFixed : sizes.most }

    /// The length of the chunk that starts `bytes`: all of it when it is the end of the file and nothing cuts before.
    /// Give at least `sizeMax` bytes, or everything up to the end.
    package func cut(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch cutting {
        case .fixed: min(bytes.count, SealedChunk.plainSizeFixed)
        case .content: cutByContent(bytes)
        }
    }

    private func cutByContent(_ bytes: UnsafeRawBufferPointer) -> Int {
        let end = min(bytes.count, sizes.most)
        guard end > sizes.least else { return end }
        let normal = max(sizes.least, min(end, sizes.average))
        return gear.words.withUnsafeBufferPointer { gear in
            var hash: UInt64 = 0
            for index in sizes.least - 64..<sizes.least { hash = (hash &<< 1) &+ gear[Int(bytes[index])] }
            return Self.firstCut(bytes, sizes.least..<normal, strictMask, gear, &hash)
                ?? Self.firstCut(bytes, normal..<end, looseMask, gear, &hash) ?? end
        }
    }

    /// Two bytes at a time, with the same hashes as one by one: the second does not have to wait for the first.
    @inline(__always)
    private static func firstCut(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ mask: UInt64, _ gear: UnsafeBufferPointer<UInt64>,
        _ hash: inout UInt64
    ) -> Int? {
        var index = range.lowerBound
        while index &+ 1 < range.upperBound {
            let (first, second) = (gear[Int(bytes[index])], gear[Int(bytes[index &+ 1])])
            let between = (hash &<< 1) &+ first
            hash = (hash &<< 2) &+ ((first &<< 1) &+ second)
            if between & mask == 0 { return index &+ 1 }
            index &+= 2
            if hash & mask == 0 { return index }
        }
        guard index < range.upperBound else { return nil }
        hash = (hash &<< 1) &+ gear[Int(bytes[index])]
        return hash & mask == 0 ? index &+ 1 : nil
    }
}
