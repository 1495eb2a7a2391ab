package import QuloudCore

/// The contract of `FileCache`, rule by rule.
package enum FileCacheConformance: String, ConformanceRule {
    case roundTrip, unknownDirectoryIsEmpty, changedReplaces, removedForgets, removeUnknownSucceeds, applyNothing
    case applyAgainChangesNothing, namesInOrderOfBytes, directoriesAreApart, manyDirectoriesInOneCall
    case bigContentRoundTrips, survivesReopen

    /// Checks this rule against a fresh cache. Throws `ConformanceFailure`, or whatever the cache throws.
    package func check(_ make: @Sendable () async throws -> PortUnderTest<any OwnerCatalog>) async throws {
        let subject = try await make()
        let cache = subject.port
        switch self {
        case .namesInOrderOfBytes, .directoriesAreApart, .manyDirectoriesInOneCall, .bigContentRoundTrips:
            try await checkNames(cache)
        case .survivesReopen:
            try await apply([Sample.file("a")], in: cache)
            try require(
                try await subject.reopen().cached(in: Self.folder), is: [Sample.file("a")], "files after reopening")
        default: try await checkChanges(cache)
        }
    }

    private static let folder = SystemPath("/srv/photos".utf8)

    private func apply(
        _ changed: [CachedFile], removing names: [String] = [], in cache: any FileCache
    ) async throws {
        let removed = names.map { Array($0.utf8) }
        try await cache.apply([CacheChange(directory: Self.folder, changed: changed, removed: removed)])
    }

    private func requireFiles(_ files: [CachedFile], in cache: any FileCache) async throws {
        try require(try await cache.cached(in: Self.folder), is: files, "files")
    }

    private func checkChanges(_ cache: any FileCache) async throws {
        let files = [Sample.file("a"), Sample.file("b", inode: .max, content: [])]
        try require(try await cache.cached(in: Self.folder), is: [], "files of an unknown directory")
        try await apply(files, in: cache)
        switch self {
        case .changedReplaces:
            let other = Sample.file("a", inode: 7, content: [9])
            try await apply([other], in: cache)
            try await requireFiles([other, files[1]], in: cache)
        case .removedForgets:
            try await apply([Sample.file("c")], removing: ["a"], in: cache)
            try await requireFiles([files[1], Sample.file("c")], in: cache)
        case .removeUnknownSucceeds:
            try await apply([], removing: ["x", "x"], in: cache)
            try await cache.apply([CacheChange(directory: [], changed: [], removed: [[1]])])
            try await requireFiles(files, in: cache)
        case .applyNothing:
            try await apply([], in: cache)
            try await cache.apply([])
            try await requireFiles(files, in: cache)
        case .applyAgainChangesNothing:
            try await apply(files, in: cache)
            try await requireFiles(files, in: cache)
        default:
            try await requireFiles(files, in: cache)
        }
    }

    private func checkNames(_ cache: any FileCache) async throws {
        let stamp = Sample.file("").stamp
        switch self {
        case .namesInOrderOfBytes:
            let names: [[UInt8]] = [[0x61, 0xFF], [0xFF], [0x61], [0x61, 0x00, 0x62], [0x5A], [0xC3, 0xBC]]
            try await apply(names.map { CachedFile(name: $0, stamp: stamp, content: []) }, in: cache)
            let found = try await cache.cached(in: Self.folder).map(\.name)
            try require(found, is: names.sorted { $0.lexicographicallyPrecedes($1) }, "names")
        case .bigContentRoundTrips:
            let big = CachedFile(name: [1], stamp: stamp, content: SeededEntropy(seed: 2).bytes(3 << 20))
            try await apply([big], in: cache)
            try require(try await cache.cached(in: Self.folder) == [big], "the content is another")
        default:
            // `/`, its neighbours in order, and a path that is not UTF-8.
            let directories: [SystemPath] = [[], Self.folder, Self.folder + [0x2F, 0x61], [0x2F, 0xFF], [0x2F]]
            let changes = directories.enumerated().map {
                CacheChange(directory: $1, changed: [Sample.file("a", inode: UInt64($0))], removed: [[7]])
            }
            if self == .directoriesAreApart {
                for change in changes { try await cache.apply([change]) }
            } else {
                try await cache.apply(changes)
            }
            for change in changes {
                try require(try await cache.cached(in: change.directory), is: change.changed, "files")
            }
        }
    }
}
