import Glibc
import QuloudFiles
import QuloudSystem
import QuloudTestKit
import Testing

@testable import QuloudDaemon

@Suite struct ControlServerTests {
    private struct Nothing: OperationService {
        func perform(
            _ request: OperationRequest, emit: @escaping @Sendable (OperationEvent) -> Void
        ) async throws -> OperationReport { .list }
    }

    @Test func aClientThatSaysNothingDoesNotHoldUpTheEnd() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/control.sock"
            let server = try ControlServer(path: path, service: Nothing(), logger: .silent)
            let silent = try ControlSocket.make()
            defer { close(silent) }
            #expect(try ControlSocket.withAddress(path) { connect(silent, $0, $1) } == 0)
            // A command is served after it, so the silent one was accepted.
            let client = try #require(ControlClient(path: path))
            _ = try await client.perform(.snapshots) { _ in }
            let start = ContinuousClock.now
            await server.drain()
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }
}
