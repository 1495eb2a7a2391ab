/// Why the embedded broker does not run.
package struct BrokerError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// No `nats-server` binary where one was looked for.
        case serverNotFound
        /// The configuration would open the broker to the network without credentials and TLS.
        case unsafeListen
        /// A setting cannot be used, or `nats-server -t` refuses the configuration.
        case badConfiguration
        /// Files in the broker's directory cannot be read or written.
        case files
        /// Another process holds the port.
        case portTaken
        /// The server could not be started or ended at once.
        case cannotStart
        /// The server runs but does not answer, or not with JetStream.
        case notReady
        /// It was stopped meanwhile.
        case stopped
    }

    package let kind: Kind
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    package var description: String { "embedded broker: \(detail)" }
}
