import Glibc
import QuloudCore
import QuloudNATS
import QuloudTestKit
import Synchronization

/// A client of the fleet's broker that does harm until it is cancelled.
final class HostileClient: Sendable {
    private let connection: NATSConnection
    private let trial: Trial
    private let done = Mutex(0)
    private let seen = Mailboxes()

    /// How often it did something.
    var deeds: Int { done.withLock { $0 } }

    init(_ fleet: Fleet, _ trial: Trial) async throws {
        self.trial = trial
        connection = try await NATSConnection.connect(
            NATSSettings(
                urls: [fleet.broker], name: "hostile",
                credentials: .userPassword(user: "test", password: Fleet.password)))
    }

    func close() async { await connection.close() }

    private func did() { done.withLock { $0 += 1 } }

    /// Answers every question at once, and more than once: with nothing, with noise, with the server's word for nobody.
    func answerAll(on subject: String) async throws {
        let questions = try await connection.subscribe(subject, pendingCountMax: 65_536)
        // One of its own, by which it is known to listen.
        let example = subject.replacing("*.*", with: "nobody.prove")
        try await connection.publish(example, reply: "_INBOX.noise", payload: [1])
        for try await question in questions {
            guard let inbox = question.reply else { continue }
            for answer in [[], trial.entropy.bytes(200), question.payload, trial.entropy.bytes(40_000)] {
                try? await connection.publish(inbox, payload: answer)
            }
            did()
        }
    }

    /// Fills subjects of questions, tickets and mailboxes with noise.
    func flood(_ nodes: [NodeID]) async throws {
        let mailboxes = try await connection.subscribe("quloud.v1.data.>", pendingCountMax: 65_536)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [seen] in
                for try await message in mailboxes {
                    let names = message.subject.split(separator: ".")
                    guard names.count > 3 else { continue }
                    seen.add(String(names[3]))
                }
            }
            group.addTask { [self, seen] in
                while !Task.isCancelled {
                    for node in nodes {
                        for kind in QuestionKind.allCases { try await throwNoise("quloud.v1.node.\(node).\(kind)") }
                        try await throwNoise("quloud.v1.store.node.\(node).\(hex())")
                    }
                    for kind in ["announce", "locate", "head"] { try await throwNoise("quloud.v1.\(kind)") }
                    try await throwNoise("quloud.v1.store.any.0.\(hex())")
                    for mailbox in seen.all {
                        try await throwNoise("quloud.v1.ack.\(mailbox)")
                        try await throwNoise("quloud.v1.data.\(mailbox).\(hex())")
                    }
                    try await Task.sleep(for: .milliseconds(2))
                }
            }
            try await group.waitForAll()
        }
    }

    private func throwNoise(_ subject: String) async throws {
        for _ in 0..<4 {
            try? await connection.publish(subject, reply: "_INBOX.noise", payload: trial.entropy.bytes(300))
        }
        did()
    }

    private func hex() -> String { ChunkID(trial.entropy.bytes32()).description }

    /// Subscribes to everything and reads nothing; pulls tickets and receipts and keeps them.
    func stall() async throws {
        let everything = try await connection.subscribe("quloud.v1.>", pendingCountMax: 1)
        let kept = try await connection.subscribe("_INBOX.kept", pendingCountMax: 1)
        while !Task.isCancelled {
            for (stream, consumer) in [("QULOUD_TICKETS", "lane-0"), ("QULOUD_TICKETS", "lane-1")] {
                try? await connection.publish(
                    "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(consumer)", reply: kept.subject,
                    payload: Array("{\"batch\":8,\"expires\":1000000000}".utf8))
            }
            did()
            try await Task.sleep(for: .milliseconds(50))
        }
        everything.unsubscribe()
    }
}

/// Mailboxes of owners that were seen on the broker.
private final class Mailboxes: Sendable {
    private let names = Mutex<Set<String>>([])
    func add(_ name: String) { names.withLock { _ = $0.insert(name) } }
    var all: Set<String> { names.withLock { $0 } }
}
