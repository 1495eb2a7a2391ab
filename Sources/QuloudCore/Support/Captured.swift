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

    func message() throws -> [UInt8] { try result.withLock { $0 }.get() }
}
