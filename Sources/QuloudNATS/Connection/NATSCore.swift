import CNATS
import Dispatch
import QuloudSystem
import Synchronization

/// The inside of a connection: the library's handle, kept on one queue, and everything its callbacks need.
///
/// SAFETY: `handle`, `subscriptions`, `registered` and `closing` are touched on `queue` only; the rest is immutable and
/// guards itself.
final class NATSCore: @unchecked Sendable {
    struct Subscription {
        let subject: String
        let countMax: Int
        let bytesMax: Int
        var handle: OpaquePointer?
    }

    let settings: NATSSettings
    let inboxPrefix: String
    let queue = DispatchQueue(label: "quloud.nats")
    /// For calls that wait for the server, so that publishing does not wait with them.
    let waitingQueue = DispatchQueue(label: "quloud.nats.waiting")
    let sweeper = DeadlineSweeper(label: "quloud.nats.deadlines")
    let replies: ReplyTable
    let events = NATSEventHub()

    private(set) var handle: OpaquePointer?
    private var subscriptions: [UInt: Subscription] = [:]
    private var registered: UInt = 0
    private var inboxReceiver: UInt = 0
    private var closing = false

    init(settings: NATSSettings) {
        self.settings = settings
        var generator = SystemRandomNumberGenerator()
        let random = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        inboxPrefix = "_INBOX.quloud.\(random)"
        replies = ReplyTable(sweeper: sweeper)
    }

    /// Where replies to one question come, on the shared subscription.
    func inbox(_ token: UInt64) -> String { "\(inboxPrefix).\(String(token, radix: 36))" }

    /// One that the shared subscription does not take in.
    func deliveryInbox(_ token: UInt64) -> String { "\(inboxPrefix).m.\(String(token, radix: 36))" }

    // MARK: - Opening and closing (on the queue)

    /// First connect, with a diagnosis when it fails.
    func open() throws(NATSError) {
        let server = try greetAny()
        registered = CallbackRegistry.add(self)
        inboxReceiver = CallbackRegistry.add { [weak self] in self?.replyArrived($0) }
        // The inbox outlives reconnects like any subscription; replies are bounded by who asked for them.
        subscriptions[inboxReceiver] = Subscription(
            subject: "\(inboxPrefix).*", countMax: 65_536, bytesMax: 64 << 20, handle: nil)
        do throws(NATSError) {
            try connect()
        } catch {
            close()
            throw error
        }
        events.update { $0.server = server }
        refreshServer()
        events.send(.connected)
    }

    func close() {
        guard !closing else { return }
        closing = true
        for id in subscriptions.keys {
            CallbackRegistry.remove(id)
        }
        let old = (handle, subscriptions.values.compactMap(\.handle))
        handle = nil
        subscriptions = [:]
        CallbackRegistry.remove(registered)
        if let connection = old.0 { natsConnection_Close(connection) }
        discard(old.0, old.1)
        events.update { $0.link = .closed }
        replies.failAll(.closed)
        events.send(.closed)
    }

    private func connect() throws(NATSError) {
        let closure = UnsafeMutableRawPointer(bitPattern: registered)
        let options = try LibraryOptions(settings, inboxPrefix: inboxPrefix, closure: closure)
        var created: OpaquePointer?
        let status = natsConnection_Connect(&created, options.handle)
        guard status == NATS_OK, let connection = created else {
            let address = (try? BrokerAddress(settings.urls.first ?? ""))?.description ?? "broker"
            throw LibraryStatus.connectError(status, address)
        }
        handle = connection
        events.update { $0.link = .connected }
        for id in subscriptions.keys { try attach(id) }
    }

    /// The library gives up after repeated refusals (say, rotated credentials); we do not.
    private func reopen() {
        guard !closing, handle == nil else { return }
        do throws(NATSError) {
            try connect()
            refreshServer()
            events.update { $0.reconnects += 1 }
            events.send(.reconnected)
        } catch {
            if let half = handle {
                handle = nil
                natsConnection_Close(half)
                discard(half, [])
            }
            events.update {
                $0.link = .disconnected
                $0.lastError = error
            }
            queue.asyncAfter(deadline: .now() + .milliseconds(Int(settings.reconnectWait.milliseconds))) {
                self.reopen()
            }
        }
    }

    private func greetAny() throws(NATSError) -> NATSServerInfo {
        var failure = NATSError(.badSettings, "connect to", "broker", detail: "no address given")
        for url in settings.urls {
            do throws(NATSError) {
                let address = try BrokerAddress(url)
                let server = try InfoProbe.greet(address, timeout: settings.connectTimeout)
                let wantsTLS = settings.tls != nil || address.secure
                if server.tlsRequired, !wantsTLS { throw NATSError(.tlsRequired, "connect to", address.description) }
                if wantsTLS, !server.tlsRequired, !server.tlsAvailable {
                    throw NATSError(.tlsNotOffered, "connect to", address.description)
                }
                if server.tlsVerify, settings.tls?.certificateFile == nil {
                    throw NATSError(
                        .tlsFailed, "connect to", address.description, detail: "the server wants a client certificate")
                }
                return server
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// libnats 3.4.1 does not tell the server's version: ask the server that we ended up with.
    private func refreshServer() {
        var buffer = [CChar](repeating: 0, count: 512)
        guard let handle, natsConnection_GetConnectedUrl(handle, &buffer, buffer.count) == NATS_OK else { return }
        let url = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        waitingQueue.async { [events] in
            guard let address = try? BrokerAddress(url),
                let server = try? InfoProbe.greet(address, timeout: .seconds(2))
            else { return }
            events.update { $0.server = server }
        }
    }

    /// Frees handles a little later: the library's read loop may still hold them for a moment (fixed after 3.4.1).
    private func discard(_ connection: OpaquePointer?, _ subscriptions: [OpaquePointer]) {
        let connection = UInt(bitPattern: connection)
        let subscriptions = subscriptions.map(UInt.init(bitPattern:))
        waitingQueue.asyncAfter(deadline: .now() + .seconds(1)) {
            for subscription in subscriptions { natsSubscription_Destroy(OpaquePointer(bitPattern: subscription)) }
            if let connection = OpaquePointer(bitPattern: connection) { natsConnection_Destroy(connection) }
        }
    }

    // MARK: - Subscriptions (on the queue)

    func subscribe(_ id: UInt, _ subscription: Subscription) throws(NATSError) {
        guard !closing else { throw NATSError(.closed, "subscribe to", subscription.subject) }
        subscriptions[id] = subscription
        guard handle != nil else { return }
        do throws(NATSError) {
            try attach(id)
        } catch {
            subscriptions[id] = nil
            throw error
        }
    }

    func unsubscribe(_ id: UInt) {
        CallbackRegistry.remove(id)
        guard let old = subscriptions.removeValue(forKey: id)?.handle else { return }
        natsSubscription_Unsubscribe(old)
        discard(nil, [old])
    }

    private func attach(_ id: UInt) throws(NATSError) {
        guard let handle, var subscription = subscriptions[id] else { return }
        var created: OpaquePointer?
        let closure = UnsafeMutableRawPointer(bitPattern: id)
        let status = natsConnection_Subscribe(&created, handle, subscription.subject, onMessage, closure)
        guard status == NATS_OK, let new = created else {
            throw NATSError(.unexpected, "subscribe to", subscription.subject, detail: LibraryStatus.text(status))
        }
        let limits = (Int32(clamping: subscription.countMax), Int32(clamping: subscription.bytesMax))
        natsSubscription_SetPendingLimits(new, limits.0, limits.1)
        if let old = subscription.handle { discard(nil, [old]) }
        subscription.handle = new
        subscriptions[id] = subscription
    }

    // MARK: - Publishing (on the queue)

    func publish(
        _ subject: String, reply: String?, _ payload: [UInt8], _ headers: [(String, String)]
    ) throws(NATSError) {
        try LibraryPublish.check(subject, reply, headers)
        guard !closing else { throw NATSError(.closed, "publish to", subject) }
        // Nothing is queued for later: the caller knows better than a buffer whether it still wants this sent.
        guard let handle, !natsConnection_IsReconnecting(handle) else {
            throw NATSError(.disconnected, "publish to", subject)
        }
        let status = LibraryPublish.send(handle, subject, reply, payload, headers)
        guard status == NATS_OK else { throw LibraryStatus.publishError(status, subject) }
    }

    // MARK: - Callbacks (on the library's threads)

    private func replyArrived(_ message: NATSMessage) {
        guard let token = UInt64(message.subject.dropFirst(inboxPrefix.utf8.count + 1), radix: 36),
            let dropped = replies.deliver(message, to: token)
        else { return }
        events.send(.slowConsumer(subject: message.subject, dropped: dropped))
    }

    func libraryFailed(_ status: natsStatus, _ text: String) {
        if let subject = LibraryStatus.deniedSubject(text) {
            let error = NATSError(.permissionDenied, "use subject", subject, detail: text)
            events.update { $0.lastError = error }
            replies.failAll(.permissionDenied, subject: subject, detail: text)
            events.send(.permissionDenied(error))
        } else {
            let kind: NATSError.Kind =
                status == NATS_SLOW_CONSUMER ? .slowConsumer : LibraryStatus.connectKind(status, text)
            let error = NATSError(kind, "talk to", "broker", detail: text)
            events.update { $0.lastError = error }
            events.send(.failed(error))
        }
    }

    func libraryDisconnected(_ text: String) {
        let error = NATSError(.disconnected, "talk to", "broker", detail: text)
        events.update {
            if $0.link == .connected { $0.link = .disconnected }
            $0.lastError = error
        }
        // Replies to what was in flight are lost with the link; waiting for them would only cost time.
        replies.failAll(.disconnected)
        events.send(.disconnected(error))
    }

    func libraryReconnected() {
        queue.async { [self] in
            guard !closing else { return }
            events.update {
                $0.link = .connected
                $0.reconnects += 1
            }
            refreshServer()
            events.send(.reconnected)
        }
    }

    func libraryClosed(_ connection: UInt?, _ text: String) {
        queue.async { [self] in
            guard !closing, let old = handle, UInt(bitPattern: old) == connection else { return }
            handle = nil
            let orphans = subscriptions.values.compactMap(\.handle)
            for id in subscriptions.keys { subscriptions[id]?.handle = nil }
            discard(old, orphans)
            events.update {
                $0.link = .disconnected
                $0.lastError = NATSError(
                    LibraryStatus.connectKind(NATS_ERR, text), "reconnect to", "broker", detail: text)
            }
            replies.failAll(.disconnected)
            queue.asyncAfter(deadline: .now() + .milliseconds(Int(settings.reconnectWait.milliseconds))) {
                self.reopen()
            }
        }
    }
}
