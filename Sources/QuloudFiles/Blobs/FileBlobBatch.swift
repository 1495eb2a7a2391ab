import Glibc
import QuloudCore
import QuloudSystem
import Synchronization

/// Blobs on their way into a `FileBlobStore`: written to files that have no names yet, or temporary ones. Each stays open.
final class FileBlobBatch: BlobBatch {
    fileprivate struct Staged: Sendable {
        let place: BlobPlace
        let file: FileDescriptor
        /// Of the temporary file, if it has one.
        let name: [UInt8]?
    }

    private let store: FileBlobStore
    /// Nil once the batch has been committed.
    private let staged = Mutex<[Staged]?>([])

    init(_ store: FileBlobStore) { self.store = store }

    deinit { store.discard(staged.withLock { $0 ?? [] }) }

    func add(_ blob: NamedBlob) async throws(BlobStoreError) {
        guard blob.bytes.count <= FileBlobStore.blobSizeMax else {
            throw BlobStoreError(.tooLarge, "blob \(blob.name.short) has \(blob.bytes.count) bytes")
        }
        try store.refuseIfDegraded()
        // Does not capture the batch: a lane may keep for a while what it has run.
        let one = try await store.staging.run { [store] () throws(BlobStoreError) in try store.stage(blob) }
        guard staged.withLock({ $0?.append(one) }) != nil else {
            await store.staging.run { [store] in store.discard([one]) }
            throw .committedBefore
        }
    }

    func commit() async throws(BlobStoreError) {
        let taken = staged.withLock { staged in
            defer { staged = nil }
            return staged
        }
        guard let group = taken else { throw .committedBefore }
        let places = group.map(\.place)
        do throws(BlobStoreError) {
            try store.refuseIfDegraded()
            try await store.writing.forEach(group.count) { [store] (index) throws(BlobStoreError) in
                try store.sync(group[index].file)
            }
            guard !Task.isCancelled else { throw BlobStoreError(.failed, "cannot store blobs: cancelled") }
            try await store.writing.run { [store] () throws(BlobStoreError) in
                // In this order, so that the last of one name stays.
                for staged in group { try store.publish(staged) }
            }
        } catch {
            await store.writing.run { [store] in store.discard(group) }
            // Blobs before the one that failed may have their names, by which they will be found and adopted.
            try? await store.syncShards(of: places)
            throw error
        }
        try await store.syncShards(of: places)
        // A directory's failure may have been told to another batch that synced it at the same time.
        try store.refuseIfDegraded()
    }
}

// MARK: - Steps, all blocking

extension FileBlobStore {
    fileprivate func stage(_ blob: NamedBlob) throws(BlobStoreError) -> FileBlobBatch.Staged {
        let name = usesUnnamedFiles ? nil : temporaryName(".tmp-")
        do throws(Errno) {
            let file: FileDescriptor
            if let name {
                file = try layout.temporary.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            } else {
                file = try layout.temporary.openUnnamed(mode: 0o600)
            }
            try calls.write(file, blob.bytes)
            file.startWriting()
            return FileBlobBatch.Staged(place: BlobPlace(blob.name), file: file, name: name)
        } catch {
            if let name { try? layout.temporary.unlink(name) }
            throw failure(error, "write a blob")
        }
    }

    fileprivate func sync(_ file: FileDescriptor) throws(BlobStoreError) {
        do {
            try calls.syncFile(file)
        } catch {
            // Out of room only now, as where blocks are chosen late: the blob is lost, the device is not.
            throw failure(error, "make a blob durable", isSync: !error.isFull)
        }
    }

    /// Gives a blob its name, and closes its file.
    fileprivate func publish(_ staged: FileBlobBatch.Staged) throws(BlobStoreError) {
        do {
            try name(staged)
        } catch {
            throw failure(error, "name a blob")
        }
        do {
            try staged.file.close()
        } catch {
            throw failure(error, "close a blob", isSync: true)
        }
    }

    private func name(_ staged: FileBlobBatch.Staged) throws(Errno) {
        let (temporary, place) = (layout.temporary, staged.place)
        let shard = layout.shards[place.shard]
        if let name = staged.name { return try shard.rename(name, in: temporary, to: place.name) }
        do {
            try shard.link(unnamed: staged.file, as: place.name)
        } catch  where error.code == EEXIST {
            let name = temporaryName(".tmp-")
            try temporary.link(unnamed: staged.file, as: name)
            do throws(Errno) {
                try shard.rename(name, in: temporary, to: place.name)
            } catch {
                try? temporary.unlink(name)
                throw error
            }
        }
    }

    fileprivate func discard(_ group: [FileBlobBatch.Staged]) {
        for staged in group {
            if let name = staged.name { try? layout.temporary.unlink(name) }
            try? staged.file.close()
        }
    }
}
