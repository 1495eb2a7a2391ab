import QuloudCrypto
import Synchronization

/// Keeps a request message that a fabric call had made for its return address, or the error of making it: the answer is
/// checked against the hash of the message.
final class Captured: Sendable {
    private let result = Mutex<Result<[UInt8], any Error>>(.success([]))

    func keep(_ make: () throws -> [UInt8]) -> [UInt8] {
        let made = Result { try make() }
        result.withLock { $0 = made }
        return (try? made.get()) ?? []
    }

    /// What answers to the message are bound to.
    var hash: Bytes32 { SHA256.hash((try? result.withLock { $0 }.get()) ?? []) }

    /// The result of asking, or the error that made the request impossible.
    func checked<Value>(_ ask: () async throws(FabricError) -> Value) async throws -> Value {
        let answer: Result<Value, FabricError>
        do { answer = .success(try await ask()) } catch { answer = .failure(error) }
        _ = try result.withLock { $0 }.get()
        return try answer.get()
    }
}
