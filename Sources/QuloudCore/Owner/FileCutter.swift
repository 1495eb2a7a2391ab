/// Collects the data of one file, range by range, and cuts it into chunks. Holes are left out: the bytes of several ranges
/// may share a chunk, and each range becomes a segment.
struct FileCutter {
    private let cutter: Cutter
    private let path: SystemPath
    private var buffer: [UInt8] = []
    /// The file's ranges that the buffer holds, in order.
    private var pieces: [(offset: Int64, length: Int)] = []

    init(_ cutter: Cutter, path: SystemPath) {
        self.cutter = cutter
        self.path = path
    }

    struct Cut {
        let plaintext: [UInt8]
        let source: [SourcePart]
        /// File offset and length of each run of the plaintext, in order.
        let runs: [(offset: Int64, length: Int)]
    }

    mutating func append(_ bytes: [UInt8], at offset: Int64) {
        if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
        if let last = pieces.last, last.offset + Int64(last.length) == offset {
            pieces[pieces.count - 1].length += bytes.count
        } else {
            pieces.append((offset, bytes.count))
        }
    }

    /// The chunks that can be cut now; all of them at the end of the file.
    mutating func cuts(isEnd: Bool) -> [Cut] {
        var cuts: [Cut] = []
        var start = 0
        while start < buffer.count, isEnd || buffer.count - start >= cutter.sizeMax {
            let length = buffer.withUnsafeBytes { cutter.cut(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            let runs = takeRuns(length)
            let source = runs.map { SourcePart(path: path, offset: $0.offset, length: $0.length) }
            cuts.append(Cut(plaintext: Array(buffer[start..<start + length]), source: source, runs: runs))
            start += length
        }
        buffer.removeFirst(start)
        return cuts
    }

    private mutating func takeRuns(_ length: Int) -> [(offset: Int64, length: Int)] {
        var runs: [(offset: Int64, length: Int)] = []
        var missing = length
        while missing > 0, let piece = pieces.first {
            let count = min(missing, piece.length)
            runs.append((piece.offset, count))
            missing -= count
            if count == piece.length {
                pieces.removeFirst()
            } else {
                pieces[0] = (piece.offset + Int64(count), piece.length - count)
            }
        }
        return runs
    }
}
