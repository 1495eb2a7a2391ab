/// A stretch of a holder's store in order of name: what the index knows of, and the blobs that it does not know.
struct StoreStretch: Sendable {
    let holdings: [Holding]
    let orphans: [HoldingKey]
    /// The last name that was looked at; `nil` when there is nothing behind.
    let end: HoldingKey?

    var count: Int { holdings.count + orphans.count }
}

/// What became of blobs that the index did not know.
package struct Adoption: Sendable, Equatable {
    /// In the index now.
    package var adopted = 0
    /// Damaged, and moved out of the way.
    package var quarantined = 0
    /// The disk did not give them back, or a newer version wrote them: they lie where they were.
    package var unreadable = 0
    package init() {}

    static func += (sum: inout Adoption, more: Adoption) {
        sum.adopted += more.adopted
        sum.quarantined += more.quarantined
        sum.unreadable += more.unreadable
    }
}

/// A blob by itself, without what the index says of it.
enum LoneBlob: Sendable {
    /// What its header says; it is whole unless the state says `damaged`.
    case holding(Holding)
    /// Not even its header opens under this node's keys.
    case foreign
    case unreadable(String)
    case gone
}

extension HolderContext {
    func stretch(after position: HoldingKey?, limit: Int) async throws -> StoreStretch {
        let holdings = try await index.holdings(after: position, limit: limit)
        let names = try await blobs.names(after: position, limit: limit)
        // As far as both are known.
        var ends: [HoldingKey] = []
        if holdings.count == limit, let last = holdings.last { ends.append(last.key) }
        if names.count == limit, let last = names.last { ends.append(last) }
        let end = ends.min()
        let known = Set(holdings.map(\.key))
        func isInside(_ key: HoldingKey) -> Bool { end.map { key <= $0 } ?? true }
        return StoreStretch(
            holdings: holdings.filter { isInside($0.key) },
            orphans: names.filter { isInside($0) && !known.contains($0) }, end: end)
    }

    /// Brings blobs into the index that it does not know, or no longer understands. Nothing that is being stored or removed
    /// at the moment is touched: whether the index knows it is asked under its lock.
    func adopt(_ names: [HoldingKey]) async throws -> Adoption {
        guard !names.isEmpty else { return Adoption() }
        // A store that gave up may show names that a power cut takes back.
        _ = try await blobs.room()
        return try await changes.changing(Set(names)) {
            var result = Adoption()
            var rows: [Holding] = []
            for (name, blob) in await look(at: names) {
                switch blob {
                case .holding(let holding) where try await isUnderstood(holding): continue
                case .holding(let holding):
                    rows.append(holding)
                    guard holding.state == .damaged else {
                        result.adopted += 1
                        continue
                    }
                    try await quarantine(name, of: holding.chunk.short)
                    result.quarantined += 1
                case .foreign:
                    try await quarantine(name, of: "blob \(name.short)")
                    result.quarantined += 1
                case .unreadable(let reason):
                    note(Note(.warning, subject: "blob \(name.short)", "cannot be read and is left alone: \(reason)"))
                    result.unreadable += 1
                case .gone: continue
                }
            }
            if !rows.isEmpty { try await index.commit(rows) }
            return result
        }
    }

    /// What lies under a name, as far as it tells by itself.
    func look(at name: HoldingKey) async -> LoneBlob {
        let blob: [UInt8]
        do throws(BlobStoreError) {
            guard let bytes = try await blobs.read(name) else { return .gone }
            blob = bytes
        } catch {
            return error.kind == .tooLarge ? .foreign : .unreadable(error.description)
        }
        let header: StoredBlob.Header
        do throws(BlobError) {
            header = try StoredBlob.header(of: blob)
        } catch {
            return error == .newerFormat ? .unreadable("a newer quloud wrote it") : .foreign
        }
        guard let terms = try? HoldingTerms.open(header.sealedTerms[...], by: keys, key: name),
            keys.holdingKey(chunk: header.chunk, ownershipKey: terms.ownershipKey) == name
        else { return .foreign }
        let sealed = try? StoredBlob.unwrap(
            blob, expecting: header.chunk, ownershipKey: terms.ownershipKey, keys: keys)
        let isWhole = sealed.map { $0.count == terms.size && SealedChunk.id(of: $0) == header.chunk } ?? false
        return .holding(
            Holding(
                key: name, chunk: header.chunk, size: terms.size, storedSize: blob.count,
                sealedTerms: header.sealedTerms, groupTag: keys.groupTag(terms.group),
                // Renewals are not in the blob. No lease that was ever promised can end later than this.
                leaseUntil: max(terms.leaseUntil, time.now.advanced(by: settings.leaseMax)),
                storedAt: terms.storedAt, state: isWhole ? .stored : .damaged))
    }

    /// A few at a time, so that no more than a few blobs are in memory.
    private func look(at names: [HoldingKey]) async -> [(HoldingKey, LoneBlob)] {
        var found: [(HoldingKey, LoneBlob)] = []
        for start in stride(from: 0, to: names.count, by: 4) {
            await withTaskGroup(of: (HoldingKey, LoneBlob).self) { group in
                for name in names[start..<min(start + 4, names.count)] {
                    group.addTask { (name, await look(at: name)) }
                }
                for await one in group { found.append(one) }
            }
        }
        return found
    }

    private func isUnderstood(_ holding: Holding) async throws -> Bool {
        let known = try await index.holdings(of: [holding.chunk])[holding.chunk, default: []]
        return known.contains { $0.key == holding.key && terms(of: $0) != nil }
    }

    private func quarantine(_ name: HoldingKey, of subject: String) async throws {
        counters.update { $0.damaged += 1 }
        note(
            Note(
                .warning, subject: subject,
                "its blob \(name.short) does not open and is unknown to the index; moved to quarantine"))
        try await blobs.quarantine(name)
    }

    /// Removes a row that says nothing, of a blob that is not there: nobody can claim it.
    func forget(_ holding: Holding) async throws {
        try await changes.changing([holding.key]) {
            guard case .gone = await look(at: holding.key) else { return }
            let known = try await index.holdings(of: [holding.chunk])[holding.chunk, default: []]
            guard known.contains(holding) else { return }
            try await index.remove([holding.key])
        }
    }

    /// The terms of a row, if they fit the rest of it.
    func terms(of holding: Holding) -> HoldingTerms? {
        guard let terms = try? HoldingTerms.open(holding.sealedTerms[...], by: keys, key: holding.key),
            keys.holdingKey(chunk: holding.chunk, ownershipKey: terms.ownershipKey) == holding.key
        else { return nil }
        return terms
    }
}
