import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct CutterTests {
    /// Small chunks, so that some hundred of them are cut in no time.
    private static let sizes = ChunkSizes(least: 1024, average: 4096, most: 16_384)

    private func cutter(key: UInt8 = 1, sizes: ChunkSizes = sizes) -> Cutter {
        let key = SecretBytes(copying: [UInt8](repeating: key, count: 32))
        return Cutter(.content, gear: GearTable(key: key), sizes: sizes)
    }

    /// Ends of all chunks.
    private func cuts(_ bytes: [UInt8], _ cutter: Cutter) -> [Int] {
        var ends: [Int] = []
        var start = 0
        bytes.withUnsafeBytes { raw in
            while start < raw.count {
                start += cutter.cut(UnsafeRawBufferPointer(rebasing: raw[start...]))
                ends.append(start)
            }
        }
        return ends
    }

    private func lengths(_ ends: [Int]) -> [Int] { zip([0] + ends, ends).map { $1 - $0 } }

    @Test func chunksKeepTheirBounds() {
        for seed: UInt64 in 1...4 {
            let lengths = lengths(cuts(testBytes(300_000 + Int(seed), seed: seed), cutter()))
            #expect(lengths.reduce(0, +) == 300_000 + Int(seed))
            #expect(lengths.allSatisfy { $0 <= Self.sizes.most })
            #expect(lengths.dropLast().allSatisfy { $0 >= Self.sizes.least })
        }
    }

    @Test func theAverageIsNearTheOneWanted() {
        let count = cuts(testBytes(4_000_000), cutter()).count
        let average = 4_000_000 / count
        #expect((Self.sizes.average * 3 / 4...Self.sizes.average * 3 / 2).contains(average), "average \(average)")
    }

    @Test func standardSizesCutNearTheirAverage() {
        let cutter = cutter(sizes: .standard)
        let lengths = lengths(cuts(testBytes(24 << 20), cutter)).dropLast()
        let average = lengths.reduce(0, +) / lengths.count
        #expect((600 * 1024...780 * 1024).contains(average), "average \(average)")
        #expect(lengths.allSatisfy { (ChunkSizes.standard.least...SealedChunk.plainSizeMax).contains($0) })
    }

    @Test func uniformBytesAreCutAtTheLimit() {
        // Zeros never meet the condition but by the table's chance: whatever comes, bounds and progress hold.
        let lengths = lengths(cuts([UInt8](repeating: 0, count: 100_000), cutter()))
        #expect(lengths.allSatisfy { $0 <= Self.sizes.most && $0 > 0 })
        #expect(Set(lengths.dropLast()).count <= 1)
    }

    @Test func anInsertionMovesCutsNearItOnly() {
        let before = testBytes(600_000)
        let place = 250_000
        let after = Array(before[..<place]) + [1, 2, 3] + before[place...]
        let old = cuts(before, cutter())
        let new = cuts(after, cutter())
        #expect(old.filter { $0 <= place } == new.filter { $0 <= place })
        let far = place + 20 * Self.sizes.average
        #expect(Set(old.filter { $0 > far }.map { $0 + 3 }) == Set(new.filter { $0 > far + 3 }))
    }

    @Test func differentKeysCutDifferently() {
        let bytes = testBytes(400_000)
        let first = Set(cuts(bytes, cutter(key: 1)).dropLast())
        let second = Set(cuts(bytes, cutter(key: 2)).dropLast())
        #expect(cuts(bytes, cutter(key: 1)) == cuts(bytes, cutter(key: 1)))
        #expect(first.intersection(second).count < first.count / 4)
    }

    @Test func shortDataIsOneChunk() {
        #expect(cuts([], cutter()) == [])
        #expect(cuts([1], cutter()) == [1])
        #expect(cuts(testBytes(Self.sizes.least), cutter()) == [Self.sizes.least])
    }

    @Test func fixedCuttingFillsASizeClass() {
        let cutter = Cutter(.fixed, gear: GearTable(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32))))
        let size = SealedChunk.plainSizeFixed
        #expect(cutter.sizeMax == size)
        #expect(cuts([UInt8](repeating: 7, count: 2 * size + 10), cutter) == [size, 2 * size, 2 * size + 10])
        #expect(Padding.padded(size + SealedChunk.payloadHeaderCount) == size + SealedChunk.payloadHeaderCount)
    }

    @Test func theGearTableIsKeyed() {
        let one = GearTable(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
        let two = GearTable(key: SecretBytes(copying: [UInt8](repeating: 2, count: 32)))
        #expect(Set(one.words).count == 256)
        #expect(Set(one.words).isDisjoint(with: two.words))
    }

    // MARK: Files

    private func cut(_ pieces: [(offset: Int64, bytes: [UInt8])], feeding step: Int) -> [FileCutter.Cut] {
        var file = FileCutter(cutter(), path: Array("/f".utf8))
        var cuts: [FileCutter.Cut] = []
        for (offset, bytes) in pieces {
            for start in stride(from: 0, to: bytes.count, by: step) {
                let read = Array(file.rest) + bytes[start..<min(start + step, bytes.count)]
                file.take(read, at: offset + Int64(start))
                cuts += file.cuts(isEnd: false)
            }
        }
        return cuts + file.cuts(isEnd: true)
    }

    @Test func cutsDoNotDependOnHowTheFileIsRead() {
        let bytes = testBytes(200_000)
        let whole = cuts(bytes, cutter())
        for step in [977, 4096, 65_536, 200_000] {
            let cuts = cut([(0, bytes)], feeding: step)
            var end = 0
            let ends = cuts.map { cut in
                end += cut.plaintext.count
                return end
            }
            #expect(ends == whole)
            #expect(cuts.flatMap(\.plaintext) == bytes)
        }
    }

    @Test func holesAreLeftOut() {
        let pieces: [(offset: Int64, bytes: [UInt8])] = [
            (0, testBytes(3000, seed: 1)), (1 << 30, testBytes(50_000, seed: 2)), (1 << 40, testBytes(10, seed: 3)),
        ]
        let cuts = cut(pieces, feeding: 7000)
        #expect(cuts.flatMap(\.plaintext) == pieces.flatMap(\.bytes))
        for cut in cuts {
            #expect(cut.runs.reduce(0) { $0 + $1.length } == cut.plaintext.count)
            #expect(cut.source.map(\.offset) == cut.runs.map(\.offset))
            // Every run is where its bytes came from.
            var position = 0
            for run in cut.runs {
                let piece = pieces.last { $0.offset <= run.offset }
                let start = Int(run.offset - (piece?.offset ?? 0))
                let plaintext = Array(cut.plaintext)
                #expect(piece?.bytes[start..<start + run.length] == plaintext[position..<position + run.length])
                position += run.length
            }
        }
    }

    @Test func anEmptyFileHasNoCuts() { #expect(cut([], feeding: 10).isEmpty) }

    // MARK: Bundles

    private func bundles(_ files: [[UInt8]], _ rule: BundleRule) -> [[Int]] {
        var bundles: [[Int]] = []
        var current: [Int] = []
        var size = 0
        for (index, file) in files.enumerated() {
            if rule.overflows(size: size, adding: file.count), !current.isEmpty {
                bundles.append(current)
                (current, size) = ([], 0)
            }
            current.append(index)
            size += file.count
            if file.withUnsafeBytes({ rule.ends(size: size, with: $0) }) {
                bundles.append(current)
                (current, size) = ([], 0)
            }
        }
        return current.isEmpty ? bundles : bundles + [current]
    }

    @Test func bundlesHaveAboutTheAverageSize() {
        let entropy = SeededEntropy(seed: 5)
        let files = (0..<4000).map { _ in testBytes(entropy.int(in: 1..<3000), seed: entropy.uint64()) }
        let rule = BundleRule(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
        let sizes = bundles(files, rule).map { $0.reduce(0) { $0 + files[$1].count } }.dropLast()
        let average = sizes.reduce(0, +) / sizes.count
        #expect(sizes.allSatisfy { $0 <= SealedChunk.plainSizeMax })
        #expect((300 * 1024...800 * 1024).contains(average), "average \(average)")
    }

    @Test func aChangedFileDisturbsItsBundleOnly() {
        let entropy = SeededEntropy(seed: 6)
        let files = (0..<3000).map { _ in testBytes(entropy.int(in: 500..<3000), seed: entropy.uint64()) }
        var changed = files
        changed[1500] = testBytes(2000, seed: 99)
        let rule = BundleRule(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
        let old = Set(bundles(files, rule))
        let new = Set(bundles(changed, rule))
        #expect(old.count > 5)
        #expect(old.subtracting(new).count <= 2)
    }

    @Test func aBundleOfEmptyFilesDoesNotEnd() {
        let rule = BundleRule(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(!rule.ends(size: 0, with: empty))
        _ = rule.ends(size: ChunkSizes.standard.most, with: empty)
    }
}
