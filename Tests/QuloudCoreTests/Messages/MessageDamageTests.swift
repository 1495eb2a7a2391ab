import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct MessageDamageTests {
    @Test(arguments: try MessageSample.all())
    func roundTrips(_ sample: MessageSample) throws {
        #expect(try sample.isTakenAsSent(sample.bytes))
    }

    @Test(arguments: try MessageSample.all())
    func everyTruncationIsRefused(_ sample: MessageSample) {
        for count in 0..<sample.bytes.count {
            #expect(throws: MessageError.self) { try sample.isTakenAsSent(Array(sample.bytes.prefix(count))) }
        }
    }

    @Test(arguments: try MessageSample.all())
    func trailingBytesAreRefused(_ sample: MessageSample) {
        #expect(throws: MessageError.self) { try sample.isTakenAsSent(sample.bytes + [0]) }
    }

    @Test(arguments: try MessageSample.all())
    func noChangedByteIsTakenAsSent(_ sample: MessageSample) {
        for index in sample.bytes.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = sample.bytes
                damaged[index] ^= mask
                let isTaken = (try? sample.isTakenAsSent(damaged)) ?? false
                #expect(!isTaken, "byte \(index) of \(sample.name), mask \(mask)")
            }
        }
    }

    @Test(arguments: try MessageSample.all())
    func everyOtherErrorIsNamed(_ sample: MessageSample) {
        // Whatever is wrong, the receiver gets one of the reasons that it counts by.
        let entropy = SeededEntropy(seed: 11)
        for _ in 0..<200 {
            var damaged = sample.bytes
            for _ in 0..<entropy.int(in: 1..<9) {
                damaged[entropy.int(in: 0..<damaged.count)] = UInt8(truncatingIfNeeded: entropy.uint64())
            }
            do { _ = try sample.isTakenAsSent(damaged) } catch { #expect(error is MessageError) }
        }
    }

    @Test(arguments: try MessageSample.all().filter { !["store_acks", "catalog head"].contains($0.name) })
    func aNewerVersionIsNamed(_ sample: MessageSample) {
        var newer = sample.bytes
        newer[2] = 2
        #expect(throws: MessageError.newerVersion) { try sample.isTakenAsSent(newer) }
    }

    @Test func aNewerHeadIsNamed() throws {
        let sample = try MessageSample.head()
        var newer = sample.bytes
        newer[4] = 2
        #expect(throws: MessageError.newerVersion) { try sample.isTakenAsSent(newer) }
    }

    @Test func noMessagePassesForAnother() throws {
        let samples = try MessageSample.all()
        for sample in samples {
            for other in samples where other.name != sample.name {
                #expect(throws: MessageError.self, "\(other.name) as \(sample.name)") {
                    try sample.isTakenAsSent(other.bytes)
                }
            }
        }
    }

    @Test func oversizedMessagesAreNotParsed() throws {
        let large = [UInt8](repeating: 0, count: Limits.messageSizeMax + 1)
        for sample in try MessageSample.all() {
            #expect(throws: MessageError.oversized) { try sample.isTakenAsSent(sample.bytes + large) }
        }
    }

    @Test func tooManyChunksAreRefused() throws {
        let chunks = (0..<UInt64(Limits.batchMax + 1)).map { ChunkID.numbered($0) }
        let keys = try Fixture.owner()
        let request = OwnershipRequest(.release, context: Fixture.context(for: nil), chunks: chunks)
        let claim = try keys.ownershipKeys(of: Fixture.chunk)
        let bytes = try request.signed(with: { _ in claim }, entropy: FixedEntropy())
        #expect(throws: MessageError.oversized) { try OwnershipRequest.parse(bytes, as: .releaseRequest) }
        let none = OwnershipRequest(.release, context: Fixture.context(for: nil), chunks: [])
        let empty = try none.signed(with: { _ in claim }, entropy: FixedEntropy())
        #expect(throws: MessageError.oversized) { try OwnershipRequest.parse(empty, as: .releaseRequest) }
    }

    @Test func theLargestBatchFitsAMessage() throws {
        let chunks = (0..<UInt64(Limits.batchMax)).map { ChunkID.numbered($0) }
        let claim = try Fixture.owner().ownershipKeys(of: Fixture.chunk)
        let terms = OwnershipRequest.Terms.renew(lease: .seconds(1))
        let bytes = try OwnershipRequest(terms, context: Fixture.context(for: nil), chunks: chunks)
            .signed(with: { _ in claim }, entropy: FixedEntropy())
        #expect(bytes.count <= Limits.messageSizeMax)
        #expect(try OwnershipRequest.parse(bytes, as: .renewRequest).request.chunks == chunks)
    }

    @Test(arguments: [
        "plain", "", String(repeating: "x", count: 64), String(repeating: "x", count: 200),
        String(repeating: "x", count: 63) + "é", String(repeating: "日本", count: 30), "tab\there", "bell\u{7}\u{7F}",
        "line\nbreak",
    ])
    func anyLabelLeavesTheReceiptGenuine(_ label: String) throws {
        let node = try Fixture.node()
        let mailbox = try Fixture.owner().mailbox(epoch: 1)
        let signed = Fixture.receipt(node, label: label).signed(by: node.identity)
        let sealed = try ReceiptEnvelope.seal([signed], to: MailboxID(mailbox.publicKey))
        let opened = try ReceiptEnvelope.open(sealed, with: mailbox)
        #expect(opened.forged == 0)
        #expect(opened.genuine == [signed])
    }
}
