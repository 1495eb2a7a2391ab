import CNATS
import Synchronization

/// Maps the numbers that C callbacks carry to their Swift receivers.
///
/// The library may call back after a connection or subscription was let go; a number that is no longer known is then
/// simply ignored, where a pointer to an object would dangle.
enum CallbackRegistry {
    private struct State {
        var cores: [UInt: NATSCore] = [:]
        var receivers: [UInt: @Sendable (NATSMessage) -> Void] = [:]
        var next: UInt = 1
    }

    private static let state = Mutex(State())

    static func add(_ core: NATSCore) -> UInt {
        state.withLock { state in
            state.next += 1
            state.cores[state.next] = core
            return state.next
        }
    }

    static func add(_ receiver: @escaping @Sendable (NATSMessage) -> Void) -> UInt {
        state.withLock { state in
            state.next += 1
            state.receivers[state.next] = receiver
            return state.next
        }
    }

    static func remove(_ id: UInt) {
        state.withLock { state in
            state.cores[id] = nil
            state.receivers[id] = nil
        }
    }

    static func core(_ closure: UnsafeMutableRawPointer?) -> NATSCore? {
        state.withLock { $0.cores[UInt(bitPattern: closure)] }
    }

    static func receiver(_ closure: UnsafeMutableRawPointer?) -> (@Sendable (NATSMessage) -> Void)? {
        state.withLock { $0.receivers[UInt(bitPattern: closure)] }
    }
}

// The library's threads enter here. Take over, hand over, return.

func onMessage(_: OpaquePointer?, _: OpaquePointer?, _ message: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    guard let message else { return }
    let taken = NATSMessage(taking: message)
    CallbackRegistry.receiver(closure)?(taken)
}

func onError(
    _ connection: OpaquePointer?, _: OpaquePointer?, _ status: natsStatus, _ closure: UnsafeMutableRawPointer?
) {
    CallbackRegistry.core(closure)?.libraryFailed(status, lastErrorText(connection, status))
}

func onDisconnected(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    CallbackRegistry.core(closure)?.libraryDisconnected(lastErrorText(connection, NATS_OK))
}

func onReconnected(_: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    CallbackRegistry.core(closure)?.libraryReconnected()
}

func onClosed(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    CallbackRegistry.core(closure)?.libraryClosed(
        connection.map(UInt.init(bitPattern:)), lastErrorText(connection, NATS_OK))
}

private func lastErrorText(_ connection: OpaquePointer?, _ status: natsStatus) -> String {
    var text: UnsafePointer<CChar>?
    if let connection { _ = natsConnection_GetLastError(connection, &text) }
    if let text, text.pointee != 0 { return String(cString: text) }
    return status == NATS_OK ? "" : natsStatus_GetText(status).map { String(cString: $0) } ?? ""
}
