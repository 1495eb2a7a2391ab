import Glibc
import QuloudCore
import QuloudSystem
import Synchronization

/// Blobs on their way into a `FileBlobStore`: written to files that have no names yet, or temporary ones.
final class FileBlobBatch: BlobBatch {
    private struct Staged: Sendable {
        let place: BlobPlace
        let file: FileDescriptor
        /// Of the temporary file, if it has one.
        let name: [UInt8]?
    }

    private let store: FileBlobStore
    private let staged = Mutex<[Staged]>([])

    init(_ store: FileBlobStore) { self.store = store }

    deinit { discard(staged.withLock { $0 }) }

    func add(_ blob: NamedBlob) async throws(BlobStoreError) {
        guard blob.bytes.count <= FileBlobStore.blobSizeMax else {
            throw BlobStoreError(.tooLarge, "blob \(blob.name.short) has \(blob.bytes.count) bytes")
        }
        try store.refuseIfDegraded()
        try await store.writing.run { () throws(BlobStoreError) in try self.stage(blob) }
    }

    func commit() async throws(BlobStoreError) {
        try store.refuseIfDegraded()
        let group = staged.withLock { staged in
            defer { staged = [] }
            return staged
        }
        let places = group.map(\.place)
        do throws(BlobStoreError) {
            try await store.writing.forEach(group.count) { (index) throws(BlobStoreError) in
                try self.sync(group[index].file)
            }
            guard !Task.isCancelled else { throw BlobStoreError(.failed, "cannot store blobs: cancelled") }
            try await store.writing.run { () throws(BlobStoreError) in try self.publish(group) }
        } catch {
            await store.writing.run { self.discard(group) }
            // Blobs before the one that failed may have their names, by which they will be found and adopted.
            try? await store.syncShards(of: places)
            throw error
        }
        try await store.syncShards(of: places)
    }

    // MARK: Steps, all blocking

    private func stage(_ blob: NamedBlob) throws(BlobStoreError) {
        let temporary = store.layout.temporary
        let name = store.usesUnnamedFiles ? nil : temporaryName(".tmp-")
        do throws(Errno) {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            let file =
                if let name { try temporary.open(name, flags, mode: 0o600) } else {
                    try temporary.openUnnamed(mode: 0o600)
                }
            try store.calls.write(file, blob.bytes)
            file.startWriting()
            staged.withLock { $0.append(Staged(place: BlobPlace(blob.name), file: file, name: name)) }
        } catch {
            if let name { try? temporary.unlink(name) }
            throw store.failure(error, "write a blob")
        }
    }

    private func sync(_ file: FileDescriptor) throws(BlobStoreError) {
        do {
            try store.calls.syncFile(file)
        } catch {
            // Out of room only now, as where blocks are chosen late: the blob is lost, the device is not.
            throw store.failure(error, "make a blob durable", isSync: !error.isFull)
        }
    }

    /// Gives each blob its name, in the order in which they came, so that the last of one name stays.
    private func publish(_ group: [Staged]) throws(BlobStoreError) {
        for staged in group {
            do {
                try publish(staged)
            } catch {
                throw store.failure(error, "name a blob")
            }
            do {
                try staged.file.close()
            } catch {
                throw store.failure(error, "close a blob", isSync: true)
            }
        }
    }

    private func publish(_ staged: Staged) throws(Errno) {
        let (temporary, place) = (store.layout.temporary, staged.place)
        let shard = store.layout.shards[place.shard]
        if let name = staged.name { return try shard.rename(name, in: temporary, to: place.name) }
        do {
            try shard.link(unnamed: staged.file, as: place.name)
        } catch  where error.code == EEXIST {
            let name = temporaryName(".tmp-")
            try temporary.link(unnamed: staged.file, as: name)
            try shard.rename(name, in: temporary, to: place.name)
        }
    }

    private func discard(_ group: [Staged]) {
        for staged in group {
            if let name = staged.name { try? store.layout.temporary.unlink(name) }
        }
    }
}
