import Dispatch
import Glibc

/// The signals that ask a process to stop, as a sequence. libdispatch takes them away from their default action once the
/// sources are registered, which `listen` waits for.
package final class Signals: @unchecked Sendable {
    /// A request to stop.
    package enum Stop: Sendable, Equatable {
        case terminate
        case interrupt
        case hangUp

        /// The number of the signal.
        package var number: CInt {
            switch self {
            case .terminate: SIGTERM
            case .interrupt: SIGINT
            case .hangUp: SIGHUP
            }
        }
    }

    /// One element for each signal; if they come faster than they are read, the first eight are kept.
    /// For one reader.
    package let stops: AsyncStream<Stop>
    // SAFETY: a constant; a Dispatch source may be cancelled from any thread.
    private let sources: [any DispatchSourceSignal]

    private init(stops: AsyncStream<Stop>, sources: [any DispatchSourceSignal]) {
        self.stops = stops
        self.sources = sources
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Takes the given signals over. When it returns, none of them ends the process any more.
    package static func listen(for wanted: [Stop] = [.terminate, .interrupt]) async -> Signals {
        let (stream, continuation) = AsyncStream.makeStream(of: Stop.self, bufferingPolicy: .bufferingOldest(8))
        let queue = DispatchQueue(label: "quloud.signals")
        var sources: [any DispatchSourceSignal] = []
        for stop in wanted {
            let source = DispatchSource.makeSignalSource(signal: stop.number, queue: queue)
            source.setEventHandler { @Sendable in
                _ = continuation.yield(stop)
            }
            await withCheckedContinuation { (registered: CheckedContinuation<Void, Never>) in
                source.setRegistrationHandler { @Sendable in registered.resume() }
                source.resume()
            }
            sources.append(source)
        }
        return Signals(stops: stream, sources: sources)
    }

    /// Makes writing to a closed pipe or connection an error instead of the end of the process. Children inherit this.
    package static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Ends the process at once, as the second signal does: nothing is flushed, no handler runs.
    package static func exitInterrupted() -> Never {
        _exit(130)
    }
}
