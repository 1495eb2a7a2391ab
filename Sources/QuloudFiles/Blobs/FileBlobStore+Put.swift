import Glibc
import QuloudCore
import QuloudSystem
import Synchronization

extension FileBlobStore {
    /// Files open at the same time; larger calls are done in several rounds.
    private static let groupMax = 128

    package func put(_ blobs: [NamedBlob]) async throws(BlobStoreError) {
        for blob in blobs where blob.bytes.count > Self.blobSizeMax {
            throw BlobStoreError(.tooLarge, "blob \(blob.name.short) has \(blob.bytes.count) bytes")
        }
        for start in stride(from: 0, to: blobs.count, by: Self.groupMax) {
            try refuseIfDegraded()
            try await putGroup(blobs[start..<min(start + Self.groupMax, blobs.count)])
        }
    }

    private func putGroup(_ blobs: ArraySlice<NamedBlob>) async throws(BlobStoreError) {
        let group = StagedGroup(blobs)
        do throws(BlobStoreError) {
            try await writing.forEach(group.count) { (index) throws(BlobStoreError) in try self.stage(index, of: group)
            }
            try await writing.forEach(group.count) { (index) throws(BlobStoreError) in try self.sync(index, of: group) }
            guard !Task.isCancelled else { throw BlobStoreError(.failed, "cannot store blobs: cancelled") }
            try await writing.run { () throws(BlobStoreError) in try self.publish(group) }
        } catch {
            await writing.run { self.discard(group) }
            // Blobs before the one that failed may have their names, by which they will be found and adopted.
            try? await syncShards(of: group.places)
            throw error
        }
        try await syncShards(of: group.places)
    }

    private func stage(_ index: Int, of group: StagedGroup) throws(BlobStoreError) {
        let bytes = group.blobs[index].bytes
        do {
            let staged: StagedBlob
            if usesUnnamedFiles {
                staged = StagedBlob(file: try layout.temporary.openUnnamed(mode: 0o600), name: nil)
            } else {
                let name = temporaryName(".tmp-")
                let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
                staged = StagedBlob(file: try layout.temporary.open(name, flags, mode: 0o600), name: name)
            }
            group.staged.withLock { $0[index] = staged }
            try calls.write(staged.file, bytes)
            staged.file.startWriting()
        } catch {
            throw failure(error, "write a blob")
        }
    }

    private func sync(_ index: Int, of group: StagedGroup) throws(BlobStoreError) {
        guard let staged = group.staged.withLock({ $0[index] }) else { return }
        do {
            try calls.syncFile(staged.file)
        } catch {
            // Out of room only now, as where blocks are chosen late: the blob is lost, the device is not.
            throw failure(error, "make a blob durable", isSync: !error.isFull)
        }
    }

    /// Gives each blob its name, in the order of the call, so that the last of one name stays.
    private func publish(_ group: StagedGroup) throws(BlobStoreError) {
        for (index, place) in group.places.enumerated() {
            guard let staged = group.staged.withLock({ $0[index] }) else { continue }
            do {
                try publish(staged, at: place)
            } catch {
                throw failure(error, "name a blob")
            }
            do {
                try staged.file.close()
            } catch {
                throw failure(error, "close a blob", isSync: true)
            }
        }
    }

    private func publish(_ staged: StagedBlob, at place: BlobPlace) throws(Errno) {
        let shard = layout.shards[place.shard]
        if let name = staged.name { return try shard.rename(name, in: layout.temporary, to: place.name) }
        do {
            try shard.link(unnamed: staged.file, as: place.name)
        } catch  where error.code == EEXIST {
            let name = temporaryName(".tmp-")
            try layout.temporary.link(unnamed: staged.file, as: name)
            try shard.rename(name, in: layout.temporary, to: place.name)
        }
    }

    private func discard(_ group: StagedGroup) {
        for staged in group.staged.withLock({ $0 }) {
            if let name = staged?.name { try? layout.temporary.unlink(name) }
        }
    }
}

/// A blob under way: `name` is that of its temporary file, if it has one.
private struct StagedBlob: Sendable {
    let file: FileDescriptor
    let name: [UInt8]?
}

private final class StagedGroup: Sendable {
    let blobs: [NamedBlob]
    let places: [BlobPlace]
    let staged: Mutex<[StagedBlob?]>
    var count: Int { blobs.count }

    init(_ blobs: ArraySlice<NamedBlob>) {
        self.blobs = Array(blobs)
        places = blobs.map { BlobPlace($0.name) }
        staged = Mutex(Array(repeating: nil, count: blobs.count))
    }
}
