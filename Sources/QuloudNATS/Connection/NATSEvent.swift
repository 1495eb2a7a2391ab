import Synchronization

/// Something that happened to a connection.
package enum NATSEvent: Sendable, Equatable {
    case connected
    /// The link is down; the connection tries to come back by itself.
    case disconnected(NATSError)
    case reconnected
    /// Closed by this process; nothing follows.
    case closed
    /// A bounded subscription or inbox dropped messages: how many since its beginning (told at 1, 2, 4, 8 …).
    case slowConsumer(subject: String, dropped: Int)
    /// The server refused a publish or subscription.
    case permissionDenied(NATSError)
    /// Another error that the server or library reported.
    case failed(NATSError)
}

/// What is known of a connection right now.
package struct NATSState: Sendable, Equatable {
    package enum Link: Sendable, Equatable {
        case connecting, connected, disconnected, closed
    }

    package var link = Link.connecting
    /// What the server said of itself at the last (re)connect.
    package var server: NATSServerInfo?
    package var lastError: NATSError?
    package var reconnects = 0
}

/// Keeps the state and tells every listener what happened; slow listeners lose the oldest events.
final class NATSEventHub: Sendable {
    private struct Inside {
        var state = NATSState()
        var listeners: [UInt64: AsyncStream<NATSEvent>.Continuation] = [:]
        var nextID: UInt64 = 0
    }

    private let inside = Mutex(Inside())

    var state: NATSState { inside.withLock { $0.state } }

    func update(_ change: (inout NATSState) -> Void) {
        inside.withLock { change(&$0.state) }
    }

    func send(_ event: NATSEvent) {
        let listeners = inside.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield(event) }
        if event == .closed { for listener in listeners { listener.finish() } }
    }

    func listen() -> (stream: AsyncStream<NATSEvent>, stop: @Sendable () -> Void) {
        let (stream, continuation) = AsyncStream.makeStream(of: NATSEvent.self, bufferingPolicy: .bufferingNewest(64))
        let id = inside.withLock { inside in
            inside.nextID += 1
            inside.listeners[inside.nextID] = continuation
            return inside.nextID
        }
        continuation.onTermination = { [weak self] _ in
            self?.inside.withLock { $0.listeners[id] = nil }
        }
        return (stream, { continuation.finish() })
    }
}
