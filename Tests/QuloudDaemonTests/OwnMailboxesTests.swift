import QuloudCore
import QuloudTestKit
import Synchronization
import Testing

@testable import QuloudDaemon

@Suite struct OwnMailboxesTests {
    private struct Unreadable: Error {}

    private static func mailbox(_ seed: UInt64) throws -> MailboxID {
        MailboxID(SeededEntropy(seed: seed).bytes32())
    }

    @Test func whoseMailboxItIsIsReadOnce() async throws {
        let (mine, other) = (try Self.mailbox(1), try Self.mailbox(2))
        let reads = Mutex(0)
        let own = OwnMailboxes {
            reads.withLock { $0 += 1 }
            return [mine]
        }
        for _ in 0..<3 {
            #expect(await own.contains(mine))
            #expect(await !own.contains(other))
        }
        #expect(reads.withLock { $0 } == 2)
    }

    /// Found by the simulation, seed 107593: a holder kept its own owner's chunk while the catalog was away, and the
    /// replica could never be used.
    @Test func whileTheCatalogCannotBeReadEveryMailboxMayBeItsOwn() async throws {
        let (mine, other) = (try Self.mailbox(1), try Self.mailbox(2))
        let isReadable = Mutex(false)
        let own = OwnMailboxes {
            guard isReadable.withLock({ $0 }) else { throw Unreadable() }
            return [mine]
        }
        #expect(await own.contains(mine))
        #expect(await own.contains(other))
        isReadable.withLock { $0 = true }
        #expect(await own.contains(mine))
        #expect(await !own.contains(other))
    }
}
