import QuloudCrypto

/// Reads a snapshot's manifest, chunk by chunk, so that memory does not grow with the snapshot.
package struct ManifestReader: Sendable {
    private let fetcher: ChunkFetcher

    package init(_ context: OwnerContext) { fetcher = ChunkFetcher(context) }

    package func root(of snapshot: Snapshot) async throws -> ManifestRoot {
        do {
            return try ManifestRoot(encoded: Array(try await fetcher.open(snapshot.manifest).bytes))
        } catch is WireError {
            throw ManifestError.damaged
        }
    }

    /// Hands over the records in order, in batches.
    package func records(
        of snapshot: Snapshot, _ body: ([ManifestRecord]) async throws -> Void
    ) async throws {
        let root = try await root(of: snapshot)
        var parser = ManifestParser()
        do {
            for ref in root.records {
                let plaintext = Array(try await fetcher.open(ref).bytes)
                try await body(try parser.feed(plaintext))
            }
            try parser.finish()
        } catch is WireError {
            throw ManifestError.damaged
        }
    }
}
