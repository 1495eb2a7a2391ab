/// Collects the data of one file, range by range, and cuts it into chunks. Holes are left out: the bytes of several ranges
/// may share a chunk, and each range becomes a segment.
struct FileCutter {
    private let cutter: Cutter
    private let path: SystemPath
    /// What was taken and not cut yet.
    private(set) var rest: ArraySlice<UInt8> = []
    /// The file's ranges that the rest consists of, in order.
    private var pieces: [(offset: Int64, length: Int)] = []

    init(_ cutter: Cutter, path: SystemPath) {
        self.cutter = cutter
        self.path = path
    }

    struct Cut {
        /// Shares its memory with the cuts beside it.
        let plaintext: ArraySlice<UInt8>
        let source: [SourcePart]
        /// File offset and length of each run of the plaintext, in order.
        let runs: [(offset: Int64, length: Int)]
    }

    /// - Parameters:
    ///   - bytes: those of `rest`, then what follows them.
    ///   - offset: where in the file that lies which follows.
    mutating func take(_ bytes: [UInt8], at offset: Int64) {
        let count = bytes.count - rest.count
        rest = bytes[...]
        if let last = pieces.last, last.offset + Int64(last.length) == offset {
            pieces[pieces.count - 1].length += count
        } else {
            pieces.append((offset, count))
        }
    }

    /// The chunks that can be cut now; all of them at the end of the file.
    mutating func cuts(isEnd: Bool) -> [Cut] {
        var cuts: [Cut] = []
        while !rest.isEmpty, isEnd || rest.count >= cutter.sizeMax {
            let length = rest.withUnsafeBytes { cutter.cut($0) }
            let runs = takeRuns(length)
            let source = runs.map { SourcePart(path: path, offset: $0.offset, length: $0.length) }
            cuts.append(Cut(plaintext: rest.prefix(length), source: source, runs: runs))
            rest = rest.dropFirst(length)
        }
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
