/// Looks at a broker the way a node will use it and tells what is good and what is not.
package enum BrokerDoctor {
    package enum Level: String, Sendable {
        case good, warning, problem
    }

    package enum Subject: String, Sendable {
        case connection, version, jetStream, payload, permissions, roundTrip
    }

    /// One finding; `hint` says what to do about it and is empty when nothing is to be done.
    package struct Finding: Sendable, Equatable {
        package let subject: Subject
        package let level: Level
        package let text: String
        package let hint: String
    }

    /// The smallest `max_payload` that carries every message.
    package static let payloadMin = 1_000_000

    /// Probes the broker. With `streams` it also checks that each can be inspected, or made where it is missing.
    package static func examine(_ settings: NATSSettings, streams: [StreamConfig] = []) async -> [Finding] {
        let connection: NATSConnection
        do throws(NATSError) {
            connection = try await NATSConnection.connect(settings)
        } catch {
            return [Finding(subject: .connection, level: .problem, text: error.description, hint: hint(for: error))]
        }
        var findings: [Finding] = []
        if let server = connection.state.server {
            findings.append(version(server.version))
            findings.append(payload(server.maxPayload))
        }
        findings.append(await roundTrip(connection))
        findings += await jetStream(connection, streams)
        await connection.close()
        return findings
    }

    private static func payload(_ bytes: Int) -> Finding {
        guard bytes < payloadMin else {
            return Finding(subject: .payload, level: .good, text: "max_payload is \(bytes) bytes", hint: "")
        }
        return Finding(
            subject: .payload, level: .problem, text: "max_payload is \(bytes) bytes, too small for a sealed chunk",
            hint: "set max_payload to 1MB or more on the server")
    }

    private static func roundTrip(_ connection: NATSConnection) async -> Finding {
        do throws(NATSError) {
            let time = try await connection.flush()
            return Finding(
                subject: .roundTrip, level: time > .seconds(1) ? .warning : .good,
                text: "round trip \(time.milliseconds) ms", hint: "")
        } catch {
            return Finding(subject: .roundTrip, level: .problem, text: error.description, hint: hint(for: error))
        }
    }

    private static func jetStream(_ connection: NATSConnection, _ streams: [StreamConfig]) async -> [Finding] {
        let jetStream = JetStream(connection)
        var findings: [Finding] = []
        do throws(NATSError) {
            let account = try await jetStream.accountInfo()
            findings.append(
                Finding(
                    subject: .jetStream, level: .good, text: "JetStream is on, \(account.streams) streams", hint: ""))
        } catch {
            let level: Level = error.kind == .permissionDenied || error.kind == .timeout ? .warning : .problem
            findings.append(Finding(subject: .jetStream, level: level, text: error.description, hint: hint(for: error)))
            guard error.kind != .jetStreamDisabled else { return findings }
        }
        for stream in streams {
            do throws(NATSError) {
                let differences = stream.differences(from: try await jetStream.ensureStream(stream).config)
                let text = differences.isEmpty ? "as wanted" : "differs in \(differences.joined(separator: ", "))"
                findings.append(
                    Finding(
                        subject: .permissions, level: differences.isEmpty ? .good : .warning,
                        text: "stream \(stream.name): \(text)", hint: ""))
            } catch {
                findings.append(
                    Finding(subject: .permissions, level: .problem, text: error.description, hint: hint(for: error)))
            }
        }
        return findings
    }

    /// What a user can do about an error.
    package static func hint(for error: NATSError) -> String {
        switch error.kind {
        case .unknownHost: "check the host name in [fabric] broker"
        case .connectionRefused: "is the broker running, and is the port right?"
        case .unreachable: "check the network and the firewall between here and the broker"
        case .notNATS: "another service answers at this port"
        case .tlsFailed: "check ca_file, the host name in the certificate, and the client certificate"
        case .tlsRequired: "use a tls:// address and set ca_file"
        case .tlsNotOffered: "configure TLS on the server, or use a nats:// address"
        case .authorizationViolation: "check user, password, token, credentials or nkey seed file"
        case .badSettings: "correct the [fabric] settings"
        case .jetStreamDisabled: "enable JetStream in the server's configuration and for this account"
        case .permissionDenied: "let this user publish to and subscribe to the subject"
        default: ""
        }
    }
}
