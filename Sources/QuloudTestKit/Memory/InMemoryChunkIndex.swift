package import QuloudCore
import Synchronization

/// A chunk index and head store that forget everything with the process.
package final class InMemoryChunkIndex: ChunkIndex, HeadStore {
    private struct State {
        var holdings: [HoldingKey: Holding] = [:]
        var takesChanges = true
        var heads: [HeadKey: (sequence: UInt64, record: [UInt8])] = [:]
    }
    private let state = Mutex(State())

    private let headsMax: Int

    /// - Parameter headsMax: how many owners' heads it keeps.
    package init(headsMax: Int = Limits.headsPerHolderMax) { self.headsMax = headsMax }

    package func commit(_ holdings: [Holding]) async throws(ChunkIndexError) {
        try state.withLock { (state) throws(ChunkIndexError) in
            guard state.takesChanges else { throw .failed("change the index: an earlier write failed") }
            for holding in holdings { state.holdings[holding.key] = holding }
        }
    }

    package var takesChanges: Bool { state.withLock { $0.takesChanges } }

    /// From now on as after a failed write: what is there is known, no holding is committed.
    package func degrade() { state.withLock { $0.takesChanges = false } }

    package func holdings(of chunks: [ChunkID]) async throws(ChunkIndexError) -> [ChunkID: [Holding]] {
        let wanted = Set(chunks)
        return Dictionary(grouping: sorted { wanted.contains($0.chunk) }, by: \.chunk)
    }

    package func hasGroup(_ tag: [UInt8], otherThan chunk: ChunkID) async throws(ChunkIndexError) -> Bool {
        state.withLock { $0.holdings.values.contains { $0.groupTag == tag && $0.chunk != chunk } }
    }

    package func remove(_ keys: [HoldingKey]) async throws(ChunkIndexError) {
        state.withLock { state in
            for key in keys { state.holdings[key] = nil }
        }
    }

    package func usage() async throws(ChunkIndexError) -> HolderUsage {
        state.withLock { state in
            var usage = HolderUsage()
            for holding in state.holdings.values {
                usage.chunks += 1
                usage.storedBytes += Int64(holding.storedSize)
                if holding.state == .trashed { usage.trashedChunks += 1 }
                if holding.state == .damaged { usage.damagedChunks += 1 }
            }
            return usage
        }
    }

    package func expired(before moment: Timestamp, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        func end(_ holding: Holding) -> Timestamp {
            holding.state == .trashed ? holding.trashedUntil ?? holding.leaseUntil : holding.leaseUntil
        }
        let ended = sorted { end($0) < moment }.sorted { (end($0), $0.key) < (end($1), $1.key) }
        return Array(ended.prefix(max(limit, 0)))
    }

    package func holdings(after key: HoldingKey?, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        Array(sorted { holding in key.map { holding.key > $0 } ?? true }.prefix(max(limit, 0)))
    }

    private func sorted(where isWanted: (Holding) -> Bool) -> [Holding] {
        state.withLock { $0.holdings.values.filter(isWanted) }.sorted { $0.key < $1.key }
    }

    package func keep(
        _ record: [UInt8], sequence: UInt64, for key: HeadKey
    ) async throws(ChunkIndexError) -> Bool {
        state.withLock { state in
            if let kept = state.heads[key] {
                guard sequence > kept.sequence else { return false }
            } else {
                guard state.heads.count < headsMax else { return false }
            }
            state.heads[key] = (sequence, record)
            return true
        }
    }

    package func head(for key: HeadKey) async throws(ChunkIndexError) -> [UInt8]? {
        state.withLock { $0.heads[key]?.record }
    }
}
