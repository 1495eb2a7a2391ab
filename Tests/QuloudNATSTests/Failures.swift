import QuloudNATS
import Testing

/// The error that `body` throws, or nil when it throws none. Errors of another type fail the test.
func failure<T>(_ body: () async throws -> T) async -> NATSError? {
    do {
        _ = try await body()
        return nil
    } catch let error as NATSError {
        return error
    } catch {
        Issue.record(error)
        return nil
    }
}

/// The kind of the error that `body` throws, or nil when it throws none.
func kind<T>(_ body: () async throws -> T) async -> NATSError.Kind? {
    await failure(body)?.kind
}
