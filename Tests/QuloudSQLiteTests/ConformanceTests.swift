import QuloudCore
import QuloudSQLite
import QuloudTestKit
import Testing

/// Every suite, against the adapter on disk.
@Suite struct SQLiteConformanceTests {
    @Test(arguments: ChunkIndexConformance.allCases)
    func indexConforms(to rule: ChunkIndexConformance) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/index.sqlite"
            // Each head is one fsync, so few are to fill it.
            try await rule.check(headsMax: 20) {
                let index = try await SQLiteChunkIndex.open(at: path, headsMax: 20)
                return PortUnderTest(index) {
                    try await index.close()
                    return try await SQLiteChunkIndex.open(at: path, headsMax: 20)
                }
            }
        }
    }

    @Test(arguments: ChunkCatalogConformance.allCases)
    func chunksConform(to rule: ChunkCatalogConformance) async throws {
        try await withTemporaryFolder { folder in try await rule.check { try await Self.catalog(in: folder) } }
    }

    @Test(arguments: ReplicaCatalogConformance.allCases)
    func replicasConform(to rule: ReplicaCatalogConformance) async throws {
        try await withTemporaryFolder { folder in try await rule.check { try await Self.catalog(in: folder) } }
    }

    @Test(arguments: SnapshotCatalogConformance.allCases)
    func snapshotsConform(to rule: SnapshotCatalogConformance) async throws {
        try await withTemporaryFolder { folder in try await rule.check { try await Self.catalog(in: folder) } }
    }

    @Test(arguments: FileCacheConformance.allCases)
    func fileCacheConforms(to rule: FileCacheConformance) async throws {
        try await withTemporaryFolder { folder in try await rule.check { try await Self.catalog(in: folder) } }
    }

    static func catalog(in folder: String) async throws -> PortUnderTest<any OwnerCatalog> {
        let path = folder + "/catalog.sqlite"
        let catalog = try await SQLiteOwnerCatalog.open(at: path)
        return PortUnderTest(catalog) {
            try await catalog.close()
            return try await SQLiteOwnerCatalog.open(at: path)
        }
    }
}

/// Every suite, against the twin in memory.
@Suite struct TwinConformanceTests {
    @Test(arguments: BlobStoreConformance.allCases)
    func blobStoreConforms(to rule: BlobStoreConformance) async throws {
        try await rule.check {
            let store = InMemoryBlobStore()
            return PortUnderTest(store) { store }
        }
    }

    @Test(arguments: ChunkIndexConformance.allCases)
    func indexConforms(to rule: ChunkIndexConformance) async throws {
        try await rule.check {
            let index = InMemoryChunkIndex()
            return PortUnderTest(index) { index }
        }
    }

    @Test(arguments: ChunkCatalogConformance.allCases)
    func chunksConform(to rule: ChunkCatalogConformance) async throws { try await rule.check(Self.catalog) }

    @Test(arguments: ReplicaCatalogConformance.allCases)
    func replicasConform(to rule: ReplicaCatalogConformance) async throws { try await rule.check(Self.catalog) }

    @Test(arguments: SnapshotCatalogConformance.allCases)
    func snapshotsConform(to rule: SnapshotCatalogConformance) async throws { try await rule.check(Self.catalog) }

    @Test(arguments: FileCacheConformance.allCases)
    func fileCacheConforms(to rule: FileCacheConformance) async throws { try await rule.check(Self.catalog) }

    @Sendable static func catalog() async throws -> PortUnderTest<any OwnerCatalog> {
        let catalog = InMemoryOwnerCatalog()
        return PortUnderTest(catalog) { catalog }
    }
}
