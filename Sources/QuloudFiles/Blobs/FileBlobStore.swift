import Glibc
import QuloudCore
import QuloudSystem
import Synchronization

/// Blobs as files, one each, in 256 directories.
///
/// A blob is written to a temporary file, synced, given its name, and that name's directory synced; a batch does each step for
/// all of its blobs before the next, so that syncs share journal commits. The caller keeps other processes away
/// (`DirectoryLock`).
package final class FileBlobStore: BlobStore {
    /// Bytes of the largest blob: a sealed chunk with the node's own layer around it.
    package static let blobSizeMax = Limits.sealedChunkSizeMax + 64 * 1024

    /// What holds the store.
    package let fileSystem: FileSystemKind
    let layout: BlobLayout
    let calls: BlobCalls
    let usesUnnamedFiles: Bool
    // Many syncs wait on the device at once; who reads or writes has threads of its own, so as not to wait behind them.
    let staging: BlockingPool
    let writing: BlockingPool
    let reading: BlockingPool
    private let text: String
    private let fault = Mutex<String?>(nil)

    private init(
        _ layout: BlobLayout, _ kind: FileSystemKind, _ calls: BlobCalls, _ text: String, _ runner: BlockingPool.Runner?
    ) {
        staging = BlockingPool(label: "quloud.blobs.stage", width: 4, runner: runner)
        writing = BlockingPool(label: "quloud.blobs.write", width: 8, runner: runner)
        reading = BlockingPool(label: "quloud.blobs.read", width: 4, runner: runner)
        self.layout = layout
        self.calls = calls
        self.text = text
        fileSystem = kind
        usesUnnamedFiles = calls.unnamedFiles ?? kind.keepsUnnamedFiles
    }

    /// Opens the store in `directory`, made where missing.
    /// - Parameter runner: see `BlockingPool`.
    package static func open(
        _ directory: SystemPath, runner: BlockingPool.Runner? = nil
    ) async throws(BlobStoreError) -> FileBlobStore {
        try await open(directory, calls: .system, runner: runner)
    }

    static func open(
        _ directory: SystemPath, calls: BlobCalls, runner: BlockingPool.Runner? = nil
    ) async throws(BlobStoreError) -> FileBlobStore {
        let pool = BlockingPool(label: "quloud.blobs.open", width: 1, runner: runner)
        return try await pool.run { () throws(BlobStoreError) in
            do throws(Errno) {
                let layout = try BlobLayout.open(directory)
                let kind = (try? FileSystemKind(of: layout.root)) ?? .other("unknown")
                return FileBlobStore(layout, kind, calls, directory.text, runner)
            } catch {
                throw BlobStoreError(
                    error.isFull ? .full : .failed, "cannot open blob store \(directory.text): \(Self.reason(error))")
            }
        }
    }

    private static func reason(_ error: Errno) -> String {
        error.code == EMEDIUMTYPE ? "its file \"format\" is damaged, or another version wrote it" : "\(error)"
    }

    package func batch() -> any BlobBatch { FileBlobBatch(self) }

    package func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]? {
        try await reading.run { () throws(BlobStoreError) in
            let place = BlobPlace(name)
            do throws(Errno) {
                let file = try self.layout.shards[place.shard].openForReading(place.name)
                let status = try file.status()
                guard status.kind == .file else { throw Errno(EINVAL, "open") }
                guard status.size <= Self.blobSizeMax else { throw Errno(EFBIG, "read") }
                return try file.read(at: 0, count: Int(status.size))
            } catch  where error.code == ENOENT {
                return nil
            } catch  where error.code == EFBIG {
                throw BlobStoreError(.tooLarge, "blob \(name.short) in \(self.text) is too long to be one")
            } catch {
                throw BlobStoreError(.failed, "cannot read blob \(name.short) in \(self.text): \(error)")
            }
        }
    }

    package func remove(_ names: [HoldingKey]) async throws(BlobStoreError) {
        let places = names.map(BlobPlace.init)
        try await writing.run { () throws(BlobStoreError) in
            for place in places {
                do throws(Errno) {
                    try self.layout.shards[place.shard].unlink(place.name)
                } catch  where error.code == ENOENT {
                    continue
                } catch {
                    throw self.failure(error, "remove a blob")
                }
            }
        }
        try await syncShards(of: places)
    }

    package func quarantine(_ name: HoldingKey) async throws(BlobStoreError) {
        let place = BlobPlace(name)
        try await writing.run { () throws(BlobStoreError) in
            let shard = self.layout.shards[place.shard]
            do throws(Errno) {
                try self.layout.quarantine.rename(place.name, in: shard, to: place.name)
            } catch  where error.code == ENOENT {
                return
            } catch {
                throw self.failure(error, "quarantine a blob")
            }
            try self.sync(self.layout.quarantine)
            try self.sync(shard)
        }
    }

    package func room() async throws(BlobStoreError) -> DiskRoom {
        try refuseIfDegraded()
        return try await reading.run { () throws(BlobStoreError) in
            do throws(Errno) {
                let room = try self.layout.root.room()
                return DiskRoom(freeBytes: room.free, totalBytes: room.total)
            } catch {
                throw self.failure(error, "measure the room")
            }
        }
    }

    package func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey] {
        try await reading.run { () throws(BlobStoreError) in
            var found: [HoldingKey] = []
            for shard in (name.map { BlobPlace($0).shard } ?? 0)..<256 where found.count < limit {
                do throws(Errno) {
                    let names = try self.layout.shards[shard].names().compactMap { Self.key($0, in: shard) }
                    let wanted = name.map { name in names.filter { $0 > name } } ?? names
                    found += wanted.sorted().prefix(limit - found.count)
                } catch {
                    throw self.failure(error, "list blobs")
                }
            }
            return found
        }
    }

    /// `nil` for files that are no blobs, or lie in the wrong directory.
    private static func key(_ name: [UInt8], in shard: Int) -> HoldingKey? {
        guard let key = HoldingKey(hex: String(decoding: name, as: UTF8.self)) else { return nil }
        let place = BlobPlace(key)
        return place.name == name && place.shard == shard ? key : nil
    }
}

// MARK: - Failures

extension FileBlobStore {
    /// Throws when the device failed before.
    func refuseIfDegraded() throws(BlobStoreError) {
        guard let why = fault.withLock({ $0 }) else { return }
        throw BlobStoreError(.degraded, "blob store \(text) takes no more since \(why)")
    }

    /// - Parameter isSync: the failed call was to make something durable. What it was about to write is lost, and the
    ///   kernel may say so only once: nothing that the store says afterwards could be trusted.
    func failure(_ error: Errno, _ what: String, isSync: Bool = false) -> BlobStoreError {
        if error.isFull, !isSync { return BlobStoreError(.full, "cannot \(what) in \(text): \(error)") }
        let deviceFailed = [EIO, EROFS, ENODEV, ENXIO, ESTALE].contains(error.code)
        guard isSync || deviceFailed else { return BlobStoreError(.failed, "cannot \(what) in \(text): \(error)") }
        fault.withLock { $0 = $0 ?? "\(error)" }
        return BlobStoreError(.degraded, "cannot \(what) in \(text): \(error)")
    }

    /// Syncs each directory once that holds one of `places`.
    func syncShards(of places: [BlobPlace]) async throws(BlobStoreError) {
        let shards = Array(Set(places.map(\.shard)))
        try await writing.forEach(shards.count) { (index) throws(BlobStoreError) in
            try self.sync(self.layout.shards[shards[index]])
        }
    }

    private func sync(_ directory: FileDescriptor) throws(BlobStoreError) {
        do throws(Errno) {
            try calls.syncDirectory(directory)
        } catch {
            throw failure(error, "make a directory durable", isSync: true)
        }
    }
}
