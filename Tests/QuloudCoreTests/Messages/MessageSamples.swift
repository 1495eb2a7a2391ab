import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

/// One message of each kind, and how its receiver checks it.
struct MessageSample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// True when the bytes are taken for what was sent; throws when they are refused.
    let isTakenAsSent: @Sendable ([UInt8]) throws -> Bool
    var testDescription: String { name }

    static func all() throws -> [MessageSample] {
        try ownership() + [
            storeRequest(), receiptEnvelope(), proofRequest(), proofResponse(), announcement(), outcome(), head(),
        ] + openRequests()
    }

    static func storeRequest() throws -> MessageSample {
        let keys = try Fixture.owner()
        let request = try Fixture.storeRequest(keys)
        let bytes = try request.signed(with: keys.ownershipKeys(of: request.chunk), entropy: FixedEntropy())
        return MessageSample(name: "store_request", bytes: bytes) { try StoreRequest.verified($0) == request }
    }

    static func receiptEnvelope() throws -> MessageSample {
        let node = try Fixture.node()
        let mailbox = try Fixture.owner().mailbox(epoch: 9)
        let receipts = [Fixture.chunk, Fixture.otherChunk].map {
            Fixture.receipt(node, chunk: $0).signed(by: node.identity)
        }
        let bytes = try ReceiptEnvelope.seal(receipts, to: MailboxID(mailbox.publicKey))
        return MessageSample(name: "store_acks", bytes: bytes) { bytes in
            let opened = try ReceiptEnvelope.open(bytes, with: mailbox)
            return opened.forged == 0 && opened.genuine == receipts
        }
    }

    static func ownership() throws -> [MessageSample] {
        let keys = try Fixture.owner()
        let node = try Fixture.node().id
        let chunks = [Fixture.chunk, Fixture.otherChunk]
        let all: [(OwnershipRequest.Terms, NodeID?)] = [
            (.retrieve, node), (.locate(answerTo: .numbered(8)), nil), (.renew(lease: .seconds(5000)), node),
            (.release, node), (.commit(winners: [.numbered(1), .numbered(2)]), node),
        ]
        return try all.map { terms, node in
            let request = OwnershipRequest(terms, context: Fixture.context(for: node), chunks: chunks)
            let byRetrieval = request.kind == .retrieveRequest || request.kind == .locateRequest
            let claims = try chunks.map {
                byRetrieval ? try keys.retrievalKeys(of: $0) : try keys.ownershipKeys(of: $0)
            }
            let bytes = try request.signed(
                with: { (chunk) throws(CryptoError) in
                    byRetrieval ? try keys.retrievalKeys(of: chunk) : try keys.ownershipKeys(of: chunk)
                }, entropy: FixedEntropy())
            return MessageSample(name: "\(request.kind)", bytes: bytes) { bytes in
                let (parsed, proofs) = try OwnershipRequest.parse(bytes, as: request.kind)
                let holds = parsed.chunks.indices.allSatisfy { index in
                    index < claims.count
                        && proofs.holds(at: index, chunk: parsed.chunks[index], key: claims[index].publicPoint)
                }
                return parsed == request && holds
            }
        }
    }

    static func proofRequest() throws -> MessageSample {
        let keys = try Fixture.owner()
        let node = try Fixture.node()
        let request = ProofRequest(
            context: Fixture.context(for: node.id), seed: Bytes32([UInt8](repeating: 9, count: 32)) ?? Bytes32(),
            chunks: [Fixture.chunk, Fixture.otherChunk])
        let pairwise = try request.chunks.map {
            try node.pairwiseKey(ownershipKey: keys.ownershipKeys(of: $0).publicPoint, chunk: $0)
        }
        let bytes = request.tagged { $0 == Fixture.chunk ? pairwise[0] : pairwise[1] }
        return MessageSample(name: "proof_of_storage_request", bytes: bytes) { bytes in
            let (parsed, tags) = try ProofRequest.parse(bytes)
            let holds = parsed.chunks.indices.allSatisfy { index in
                index < 2 && tags.holds(at: index, chunk: parsed.chunks[index], key: pairwise[index])
            }
            return parsed == request && holds
        }
    }

    static func proofResponse() throws -> MessageSample {
        let node = try Fixture.node()
        let proof = Bytes32([UInt8](repeating: 0xC3, count: 32)) ?? Bytes32()
        let response = ProofResponse(node: node.id, answers: [.proof(proof), .unknown, .damaged, .busy])
        let hash = SHA256.hash([1])
        let bytes = response.signed(by: node.identity, request: hash)
        return MessageSample(name: "proof_of_storage_response", bytes: bytes) {
            try ProofResponse.verified($0, from: node.id, request: hash, count: 4) == response
        }
    }

    static func announcement() throws -> MessageSample {
        let node = try Fixture.node()
        let announcement = Announcement(
            node: node.id, agreementKey: node.agreementKey, version: "1.0", label: "rack 1", region: "here",
            capacityBytes: 1 << 40, freeBytes: 1 << 39, uptime: .seconds(77))
        let bytes = announcement.signed(by: node.identity, nonce: [1, 2, 3])
        return MessageSample(name: "announce", bytes: bytes) {
            try Announcement.verified($0, nonce: [1, 2, 3]) == announcement
        }
    }

    static func outcome() throws -> MessageSample {
        let node = try Fixture.node()
        let outcome = Outcome(node: node.id, codes: [.done, .refused, .damaged, .busy])
        let hash = SHA256.hash([1])
        let bytes = outcome.signed(by: node.identity, request: hash)
        return MessageSample(name: "outcome", bytes: bytes) {
            try Outcome.verified($0, from: node.id, request: hash) == outcome
        }
    }

    static func head() throws -> MessageSample {
        let keys = try Fixture.owner()
        let head = CatalogHead(
            key: keys.headKey, sequence: 12, previous: SHA256.hash([2]), issued: Fixture.now,
            sealedContent: testBytes(150))
        let bytes = head.signed(by: keys.head)
        return MessageSample(name: "catalog head", bytes: bytes) { try CatalogHead.verified($0) == head }
    }

    static func openRequests() -> [MessageSample] {
        [(MessageKind.announceRequest, [UInt8]()), (.headPut, testBytes(100)), (.headGet, testBytes(32))].map {
            kind, body in
            let request = OpenRequest(kind, context: Fixture.context(for: nil), body: body)
            return MessageSample(name: "\(kind)", bytes: request.encoded) {
                try OpenRequest.parse($0, as: kind) == request
            }
        }
    }
}
