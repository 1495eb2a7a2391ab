import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

/// Messages that are well signed and still must not be believed.
@Suite struct HostileValuesTests {
    private let noPoint = AgreementKey(Bytes32([UInt8](repeating: 0xFF, count: 32)) ?? Bytes32())

    private func receipt(_ node: NodeKeys, key: AgreementKey? = nil, size: Int = 4096, slot: Int = 1) -> Receipt {
        Receipt(
            chunk: Fixture.chunk, node: node.id, agreementKey: key ?? node.agreementKey, size: size, slot: slot,
            epoch: 1, leaseUntil: Fixture.now, label: "")
    }

    @Test func receiptsWithImpossibleValuesAreNotGenuine() throws {
        let node = try Fixture.node()
        #expect(receipt(node).signed(by: node.identity).isGenuine)
        let hostile = [
            receipt(node, key: noPoint), receipt(node, key: AgreementKey(Bytes32())), receipt(node, size: 0),
            receipt(node, size: Limits.sealedChunkSizeMax + 1), receipt(node, slot: Limits.lanes),
        ]
        for receipt in hostile { #expect(!receipt.signed(by: node.identity).isGenuine) }
    }

    @Test func announcementsWithImpossibleValuesAreRefused() throws {
        let node = try Fixture.node()
        let hostile: [(AgreementKey, Int64, Int64)] = [
            (noPoint, 2, 1), (node.agreementKey, -1, 1), (node.agreementKey, 2, -1),
        ]
        for (key, capacity, free) in hostile {
            let bytes = Announcement(
                node: node.id, agreementKey: key, version: "", label: "", region: "", capacityBytes: capacity,
                freeBytes: free, uptime: .zero
            ).signed(by: node.identity, nonce: [1])
            #expect(throws: MessageError.malformed) { try Announcement.verified(bytes, nonce: [1]) }
        }
    }

    @Test func announcementsThatWouldBeMendedAreRefused() throws {
        let node = try Fixture.node()
        // An honest node sends none: its own version is plain text.
        let bytes = Announcement(
            node: node.id, agreementKey: node.agreementKey, version: "1\u{7}", label: "", region: "", capacityBytes: 2,
            freeBytes: 1, uptime: .zero
        ).signed(by: node.identity, nonce: [1])
        #expect(throws: MessageError.malformed) { try Announcement.verified(bytes, nonce: [1]) }
    }

    @Test func aReturnAddressThatIsNotUTF8IsRefused() throws {
        let request = OpenRequest(.announceRequest, context: Fixture.context(for: nil))
        var bytes = request.encoded
        let address = MessageKind.prefixCount + 32 + 1
        #expect(bytes[address] == UInt8(ascii: "_"))
        bytes[address] = 0xFF
        #expect(throws: MessageError.malformed) { try OpenRequest.parse(bytes, as: .announceRequest) }
    }

    @Test func oneChunkIsNotNamedTwice() throws {
        let keys = try Fixture.owner()
        let chunks = [Fixture.chunk, Fixture.otherChunk, Fixture.chunk]
        let request = OwnershipRequest(.release, context: Fixture.context(for: .numbered(1)), chunks: chunks)
        let bytes = try request.signed(with: keys.ownershipKeys, entropy: FixedEntropy())
        #expect(throws: MessageError.malformed) { try OwnershipRequest.parse(bytes, as: .releaseRequest) }
        let challenge = ProofRequest(context: Fixture.context(for: .numbered(1)), seed: Bytes32(), chunks: chunks)
        #expect(throws: MessageError.malformed) {
            try ProofRequest.parse(challenge.tagged { _ in [UInt8](repeating: 0, count: 32) })
        }
    }
}
