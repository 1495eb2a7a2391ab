/// The bundle that small files are being collected in.
actor BundleBuilder {
    private let rule: BundleRule
    private let stage: SealingStage
    private var bytes: [UInt8] = []
    private var source: [SourcePart] = []
    private var slot = ChunkSlot()
    private static let filesMax = 4096

    init(rule: BundleRule, stage: SealingStage) {
        self.rule = rule
        self.stage = stage
    }

    /// Adds a file and says where in the bundle it lies.
    func add(_ content: [UInt8], path: SystemPath) async throws -> PendingSegment {
        if rule.overflows(size: bytes.count, adding: content.count) || source.count >= Self.filesMax {
            try await close()
        }
        let segment = PendingSegment(fileOffset: 0, length: content.count, slot: slot, chunkOffset: bytes.count)
        bytes += content
        source.append(SourcePart(path: path, offset: 0, length: content.count))
        if content.withUnsafeBytes({ rule.ends(size: bytes.count, with: $0) }) { try await close() }
        return segment
    }

    /// Hands the bundle over, if there is anything in it.
    func close() async throws {
        guard !bytes.isEmpty else { return }
        let full = (bytes, source, slot)
        bytes = []
        source = []
        slot = ChunkSlot()
        try await stage.submit(full.0[...], source: full.1, purpose: .data, into: full.2)
    }
}
