import Glibc
import QuloudSystem
import QuloudTestKit
import Testing

@testable import QuloudDaemon

@Suite struct ControlSocketModeTests {
    private struct NoService: OperationService {
        func perform(
            _ request: OperationRequest, emit: @escaping @Sendable (OperationEvent) -> Void
        ) async throws -> OperationReport {
            throw OperationFailure(.failed, "nothing is done here", hint: "")
        }
    }

    @Test func theSocketIsForItsUserAlone() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/control.sock"
            let server = try ControlServer(
                path: path, service: NoService(), logger: Logger(level: .error, style: .json))
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let client = try #require(ControlClient(path: path))
            await #expect(throws: OperationFailure(.failed, "nothing is done here", hint: "")) {
                try await client.perform(.status) { _ in }
            }
            await server.drain()
        }
    }
}
