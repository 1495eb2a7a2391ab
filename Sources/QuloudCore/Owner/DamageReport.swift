/// Which files lost chunks belong to.
package struct DamageReport: Sendable {
    private let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// "snapshot: path" for every file with a segment in one of the chunks; at most `limit`.
    package func paths(of chunks: Set<ChunkID>, limit: Int = 1000) async throws -> [String] {
        guard !chunks.isEmpty else { return [] }
        var found: [String] = []
        for snapshot in try await context.catalog.snapshots() {
            do {
                try await search(snapshot, for: chunks, limit: limit, into: &found)
            } catch is ChunkUnavailable {
                found.append("\(snapshot.id.short): its manifest cannot be read")
            }
        }
        return Array(found.prefix(limit))
    }

    private func search(
        _ snapshot: Snapshot, for chunks: Set<ChunkID>, limit: Int, into found: inout [String]
    ) async throws {
        var paths: [String] = []
        var current = ""
        try await ManifestReader(context).records(of: snapshot) { records in
            for record in records where paths.count < limit {
                let segments: [Segment]
                switch record {
                case .file(let path, _, _, let content):
                    current = path.description
                    segments = content
                case .more(let content): segments = content
                case .directory, .symlink, .hardLink: continue
                }
                let line = "\(snapshot.id.short): \(current)"
                if paths.last != line, segments.contains(where: { chunks.contains($0.chunk.id) }) { paths.append(line) }
            }
        }
        found += paths
    }
}
