/// Makes a sealed chunk again from the owner's files, as long as they are unchanged: sealing is deterministic, so the
/// result is either the very same chunk or none.
package actor SourceResealer {
    private let context: OwnerContext
    private let tree: any SourceTree
    private var sealer: ChunkSealer?
    /// The file read last: its neighbours are likely next.
    private var last: (path: SystemPath, file: any SourceFile)?

    package init(_ context: OwnerContext, tree: any SourceTree) {
        self.context = context
        self.tree = tree
    }

    /// `nil` when the source is gone or changed.
    package func sealed(_ chunk: CatalogChunk) async throws -> [UInt8]? {
        guard let fingerprint = chunk.fingerprint, chunk.purpose == .data else {
            guard let local = try await context.catalog.sealed(chunk.id), SealedChunk.id(of: local) == chunk.id else {
                return nil
            }
            return local
        }
        let parts = try await context.catalog.source(of: chunk.id)
        guard !parts.isEmpty, let plaintext = await read(parts, expecting: chunk.plainSize),
            plaintext.withUnsafeBytes({ context.keys.fingerprint(of: $0) }) == fingerprint
        else { return nil }
        if sealer == nil {
            sealer = try ChunkSealer(keys: context.keys, compressionLevel: context.settings.compressionLevel)
        }
        for compressingAll in [false, true] {
            let sealed = try sealer?.seal(plaintext, fingerprint: fingerprint, compressingAll: compressingAll)
            if let sealed, sealed.id == chunk.id { return sealed.bytes }
        }
        return nil
    }

    private func read(_ parts: [SourcePart], expecting size: Int) async -> [UInt8]? {
        var plaintext: [UInt8] = []
        plaintext.reserveCapacity(size)
        for part in parts {
            guard let file = await open(part.path) else { return nil }
            var offset = part.offset
            let end = part.offset + Int64(part.length)
            while offset < end {
                guard let bytes = try? await file.read(at: offset, count: Int(end - offset)), !bytes.isEmpty else {
                    return nil
                }
                plaintext += bytes
                offset += Int64(bytes.count)
            }
        }
        return plaintext.count == size ? plaintext : nil
    }

    private func open(_ path: SystemPath) async -> (any SourceFile)? {
        if let last, last.path == path { return last.file }
        guard let file = try? await tree.open(path) else { return nil }
        last = (path, file)
        return file
    }
}
