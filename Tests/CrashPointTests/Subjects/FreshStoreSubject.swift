import QuloudCore
import QuloudFiles
import QuloudTestKit

/// A blob store that is made for the first time, and takes its first blob.
struct FreshStoreSubject: CrashSubject {
    static let name = "new store"

    func open(_ folder: String) async throws -> FileBlobStore {
        try await FileBlobStore.open(Array("\(folder)/data/blobs".utf8))
    }

    func script() -> [CrashAction<FileBlobStore>] {
        [
            CrashAction(CrashChange(["blob 1": [HolderSubject.bytes(1)]])) { store, _ in
                try await store.put([NamedBlob(name: .numbered(1), bytes: HolderSubject.bytes(1))])
            }
        ]
    }

    func recover(_ folder: String) async throws -> CrashLedger.Values {
        let store = try await open(folder)
        var found: CrashLedger.Values = [:]
        for name in try await store.names(after: nil, limit: 9) {
            found["blob \(name.number)"] = try await store.read(name)
        }
        return found
    }
}
