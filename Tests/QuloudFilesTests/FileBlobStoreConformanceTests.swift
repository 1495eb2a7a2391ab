import QuloudCore
import QuloudTestKit
import Testing

@testable import QuloudFiles

/// One after the other: each store has 256 directories open.
@Suite(.serialized) struct FileBlobStoreConformanceTests {
    /// Both ways to make a temporary file, whatever the file system at hand prefers.
    @Test(arguments: BlobStoreConformance.allCases, [true, false])
    func conforms(_ rule: BlobStoreConformance, unnamedFiles: Bool) async throws {
        var calls = BlobCalls.system
        calls.unnamedFiles = unnamedFiles
        try await TestFolder.with { folder in
            let open: @Sendable () async throws -> any BlobStore = { [calls] in
                try await FileBlobStore.open(folder["blobs"], calls: calls)
            }
            try await rule.check { PortUnderTest(try await open(), reopen: open) }
        }
    }
}
