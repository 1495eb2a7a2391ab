import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudNATS
import QuloudTestKit

@testable import QuloudDaemon

/// A holder on the real broker that signs receipts, keeps nothing, and answers every challenge with something.
struct LyingHolder: Sendable {
    let keys: NodeKeys
    private let context: HolderContext
    private let fabric: JetStreamHolderFabric

    init(_ fleet: Fleet, _ configuration: Configuration) async throws {
        keys = try NodeKeys(secret: SecretBytes(random: NodeKeys.secretCount))
        guard case .urls(let urls) = configuration.fabric.broker else { throw CancellationError() }
        fabric = try await .connect(to: try FabricAccess.settings(urls, configuration.fabric))
        let index = InMemoryChunkIndex()
        context = HolderContext(
            keys: keys, index: index, heads: index, blobs: Forgetful(), fabric: fabric, time: SystemTime(),
            entropy: SystemEntropy(), settings: HolderSettings(configuration), isOwn: { _ in false }, note: { _ in })
    }

    /// Lies until cancelled.
    func run() async {
        let honest = AnswerQuestions(context)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await AcceptChunks(context).run() }
            group.addTask {
                try? await fabric.serve(as: keys.id) { question in
                    guard question.kind == .prove, let (request, _) = try? ProofRequest.parse(question.request) else {
                        return await honest.answer(question)
                    }
                    // Looks like a proof, bound to the seed, signed by the node: all it can do without the bytes.
                    let answers = request.chunks.map { chunk in
                        ProofAnswer.proof(SHA256.hash(request.seed.bytes + chunk.value.bytes))
                    }
                    return ProofResponse(node: keys.id, answers: answers).signed(
                        by: keys.identity, request: SHA256.hash(question.request))
                }
            }
        }
        await fabric.shutDown()
    }
}

/// Takes everything and keeps nothing.
private struct Forgetful: BlobStore {
    func batch() -> any BlobBatch { CollectedBlobs(put: { _ in }) }
    func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]? { nil }
    func remove(_ names: [HoldingKey]) async throws(BlobStoreError) {}
    func quarantine(_ name: HoldingKey) async throws(BlobStoreError) {}
    func room() async throws(BlobStoreError) -> DiskRoom { DiskRoom(freeBytes: 1 << 40, totalBytes: 1 << 41) }
    func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey] { [] }
}
