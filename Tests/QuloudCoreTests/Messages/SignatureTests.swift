import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

/// A signature made for one purpose is worth nothing for another.
@Suite struct SignatureTests {
    private let hash = SHA256.hash([1])

    @Test func everyDomainIsDifferent() {
        let domains = [
            StoreRequest.domain, Receipt.domain, OwnershipRequest.domain, ProofResponse.domain, Outcome.domain,
            Announcement.domain, CatalogHead.domain,
        ]
        #expect(Set(domains).count == domains.count)
        #expect(domains.allSatisfy { $0.hasPrefix("quloud/v1/") })
    }

    @Test func aProofResponsesSignatureIsNoOutcomes() throws {
        let node = try Fixture.node()
        // Bodies of equal length and content but for the kind: only kind and domain tell them apart.
        let outcome = Outcome(node: node.id, codes: [.refused]).signed(by: node.identity, request: hash)
        let response = ProofResponse(node: node.id, answers: [.unknown]).signed(by: node.identity, request: hash)
        let (outcomeBody, responseBody) = (outcome.dropLast(64), response.dropLast(64))
        #expect(outcomeBody.dropFirst(4) == responseBody.dropFirst(4))
        #expect(throws: MessageError.badSignature) {
            try Outcome.verified(Array(outcomeBody + response.suffix(64)), from: node.id, request: hash)
        }
        #expect(throws: MessageError.badSignature) {
            try ProofResponse.verified(
                Array(responseBody + outcome.suffix(64)), from: node.id, request: hash, count: 1)
        }
    }

    @Test func anAnswerHoldsForItsRequestOnly() throws {
        let node = try Fixture.node()
        let outcome = Outcome(node: node.id, codes: [.done]).signed(by: node.identity, request: hash)
        let response = ProofResponse(node: node.id, answers: [.unknown]).signed(by: node.identity, request: hash)
        let other = SHA256.hash([2])
        #expect(throws: MessageError.badSignature) { try Outcome.verified(outcome, from: node.id, request: other) }
        #expect(throws: MessageError.badSignature) {
            try ProofResponse.verified(response, from: node.id, request: other, count: 1)
        }
    }

    @Test func anAnswerHoldsForItsNodeOnly() throws {
        let node = try Fixture.node()
        let other = try Fixture.node(Fixture.otherNodeSecret)
        let outcome = Outcome(node: node.id, codes: [.done]).signed(by: node.identity, request: hash)
        #expect(throws: MessageError.misdirected) { try Outcome.verified(outcome, from: other.id, request: hash) }
        let forged = Outcome(node: other.id, codes: [.done]).signed(by: node.identity, request: hash)
        #expect(throws: MessageError.badSignature) { try Outcome.verified(forged, from: nil, request: hash) }
        let response = ProofResponse(node: node.id, answers: [.unknown]).signed(by: node.identity, request: hash)
        #expect(throws: MessageError.misdirected) {
            try ProofResponse.verified(response, from: other.id, request: hash, count: 1)
        }
    }

    @Test func anAnnouncementHoldsForItsNonceOnly() throws {
        let sample = try MessageSample.announcement()
        #expect(throws: MessageError.badSignature) { try Announcement.verified(sample.bytes, nonce: [1, 2, 4]) }
    }

    @Test func aReceiptSignedByAnotherNodeIsForged() throws {
        let node = try Fixture.node()
        let other = try Fixture.node(Fixture.otherNodeSecret)
        let mailbox = try Fixture.owner().mailbox(epoch: 1)
        let forged = Fixture.receipt(node).signed(by: other.identity)
        let good = Fixture.receipt(node).signed(by: node.identity)
        let sealed = try ReceiptEnvelope.seal([forged, good], to: MailboxID(mailbox.publicKey))
        let opened = try ReceiptEnvelope.open(sealed, with: mailbox)
        #expect(opened.forged == 1)
        #expect(opened.genuine == [good])
    }

    @Test func receiptsAreDeterministic() throws {
        let node = try Fixture.node()
        #expect(Fixture.receipt(node).signed(by: node.identity) == Fixture.receipt(node).signed(by: node.identity))
    }

    @Test func aMailboxOpensWithItsOwnKeyOnly() throws {
        let sealed = try MessageSample.receiptEnvelope().bytes
        let keys = try Fixture.owner()
        #expect(throws: MessageError.malformed) { try ReceiptEnvelope.open(sealed, with: keys.mailbox(epoch: 10)) }
        let stranger = try Fixture.owner([UInt8](repeating: 1, count: 32))
        #expect(throws: MessageError.malformed) { try ReceiptEnvelope.open(sealed, with: stranger.mailbox(epoch: 9)) }
    }

    @Test func theRetrievalKeyDoesNotOwn() throws {
        let keys = try Fixture.owner()
        let request = OwnershipRequest(.release, context: Fixture.context(for: nil), chunks: [Fixture.chunk])
        let retrieval = try keys.retrievalKeys(of: Fixture.chunk)
        let bytes = try request.signed(with: { _ in retrieval }, entropy: FixedEntropy())
        let (parsed, proofs) = try OwnershipRequest.parse(bytes, as: .releaseRequest)
        let owning = try keys.ownershipKeys(of: Fixture.chunk).publicPoint
        #expect(!proofs.holds(at: 0, chunk: parsed.chunks[0], key: owning))
        #expect(proofs.holds(at: 0, chunk: parsed.chunks[0], key: retrieval.publicPoint))
        #expect(!proofs.holds(at: 1, chunk: parsed.chunks[0], key: retrieval.publicPoint))
        #expect(!proofs.holds(at: -1, chunk: parsed.chunks[0], key: retrieval.publicPoint))
    }

    @Test func aProofOfOneRequestIsWorthNothingInAnother() throws {
        let keys = try Fixture.owner()
        let claim = try keys.ownershipKeys(of: Fixture.chunk)
        func signed(_ terms: OwnershipRequest.Terms, nonce: UInt8 = 7) throws -> [UInt8] {
            try OwnershipRequest(terms, context: Fixture.context(for: nil, nonce: nonce), chunks: [Fixture.chunk])
                .signed(with: { _ in claim }, entropy: FixedEntropy())
        }
        let release = try signed(.release)
        for (other, kind) in [
            (try signed(.release, nonce: 8), MessageKind.releaseRequest), (try signed(.retrieve), .retrieveRequest),
        ] {
            let moved = Array(other.dropLast(64)) + release.suffix(64)
            let (parsed, proofs) = try OwnershipRequest.parse(moved, as: kind)
            #expect(!proofs.holds(at: 0, chunk: parsed.chunks[0], key: claim.publicPoint))
        }
    }

    @Test func aStoreRequestIsSignedByItsOwnershipKey() throws {
        let keys = try Fixture.owner()
        let request = try Fixture.storeRequest(keys)
        let byOther = try request.signed(with: keys.retrievalKeys(of: request.chunk), entropy: FixedEntropy())
        #expect(throws: MessageError.badSignature) { try StoreRequest.verified(byOther) }
    }

    @Test func unusableStoreRequestsAreRefused() throws {
        let keys = try Fixture.owner()
        let claim = try keys.ownershipKeys(of: Fixture.chunk)
        func verified(size: Int = 10, quorum: Int = 3, slot: Int = 0) throws {
            let request = StoreRequest(
                chunk: Fixture.chunk, size: size, quorum: quorum, slot: slot, epoch: 1, lease: .seconds(1),
                retrievalKey: claim.publicPoint, ownershipKey: claim.publicPoint, mailbox: .numbered(1), excluded: [],
                issued: Fixture.now, expires: Fixture.now)
            _ = try StoreRequest.verified(request.signed(with: claim, entropy: FixedEntropy()))
        }
        try verified()
        for (size, quorum, slot) in [
            (0, 3, 0), (Limits.sealedChunkSizeMax + 1, 3, 0), (10, 0, 0), (10, 9, 0), (10, 3, 8), (1 << 40, 3, 0),
        ] {
            #expect(throws: MessageError.malformed) { try verified(size: size, quorum: quorum, slot: slot) }
        }
    }
}
