import QuloudCrypto

/// `proof_of_storage_request`: a challenge for many chunks at one node.
package struct ProofRequest: Sendable, Equatable {
    package let context: RequestContext
    package let seed: Bytes32
    package let chunks: [ChunkID]

    package init(context: RequestContext, seed: Bytes32, chunks: [ChunkID]) {
        self.context = context
        self.seed = seed
        self.chunks = chunks
    }

    private func untagged() -> WireWriter {
        var writer = WireWriter(.proofOfStorageRequest, capacity: 256 + chunks.count * 48)
        context.write(to: &writer)
        writer.put(seed)
        writer.put(UInt16(clamping: chunks.count))
        for chunk in chunks { writer.put(chunk) }
        return writer
    }

    /// The message, with a tag for each chunk made by its pairwise key.
    package func tagged(with keys: (ChunkID) -> [UInt8]) -> [UInt8] {
        var writer = untagged()
        let hash = SHA256.hash(writer.bytes)
        for chunk in chunks {
            writer.put(raw: StorageProof.tag(key: keys(chunk), chunk: chunk, requestHash: hash))
        }
        return writer.bytes
    }

    package struct Tags: Sendable {
        fileprivate let hash: Bytes32
        fileprivate let tags: [[UInt8]]

        package func holds(at index: Int, chunk: ChunkID, key: [UInt8]) -> Bool {
            guard tags.indices.contains(index) else { return false }
            let expected = StorageProof.tag(key: key, chunk: chunk, requestHash: hash)
            return SecretBytes(copying: expected).constantTimeEquals(tags[index])
        }
    }

    package static func parse(_ bytes: [UInt8]) throws(MessageError) -> (request: ProofRequest, tags: Tags) {
        do {
            var reader = try WireReader(bytes, expecting: .proofOfStorageRequest)
            let context = try RequestContext(from: &reader)
            let seed = try reader.bytes32()
            let count = Int(try reader.integer(UInt16.self))
            guard (1...Limits.batchMax).contains(count) else { throw MessageError.oversized }
            var chunks: [ChunkID] = []
            for _ in 0..<count { chunks.append(try reader.id()) }
            // One chunk named a thousand times would cost a thousand reads or proofs.
            guard Set(chunks).count == count else { throw MessageError.malformed }
            let hash = SHA256.hash(Array(bytes[..<reader.position]))
            var tags: [[UInt8]] = []
            for _ in 0..<count { tags.append(try reader.raw(StorageProof.tagCount)) }
            try reader.finish()
            return (ProofRequest(context: context, seed: seed, chunks: chunks), Tags(hash: hash, tags: tags))
        } catch { throw MessageError(error) }
    }
}

/// What a node says of one challenged chunk.
package enum ProofAnswer: Sendable, Equatable {
    case proof(Bytes32)
    /// Not held for this owner.
    case unknown
    /// Held once, but the copy is damaged.
    case damaged
    /// Held once, but the copy is gone from the disk.
    case missing
    /// Could not be read just now; nothing is said about the chunk.
    case busy
}

/// `proof_of_storage_response`: the answers in the order of the request, signed by the node.
package struct ProofResponse: Sendable, Equatable {
    package static let domain = "quloud/v1/proof_of_storage_response"

    package let node: NodeID
    package let answers: [ProofAnswer]

    package init(node: NodeID, answers: [ProofAnswer]) {
        self.node = node
        self.answers = answers
    }

    /// `request` is the hash of the whole request message that this answers.
    package func signed(by identity: Ed25519.KeyPair, request: Bytes32) -> [UInt8] {
        var writer = WireWriter(.proofOfStorageResponse, capacity: 128 + answers.count * 33)
        writer.put(node)
        writer.put(UInt16(clamping: answers.count))
        for answer in answers {
            switch answer {
            case .proof(let proof):
                writer.put(UInt8(0))
                writer.put(proof)
            case .unknown: writer.put(UInt8(1))
            case .damaged: writer.put(UInt8(2))
            case .missing: writer.put(UInt8(4))
            case .busy: writer.put(UInt8(3))
            }
        }
        writer.put(
            raw: identity.sign(SignedAnswer.transcript(domain: Self.domain, request: request, body: writer.bytes)))
        return writer.bytes
    }

    package static func verified(
        _ bytes: [UInt8], from node: NodeID, request: Bytes32, count: Int
    ) throws(MessageError) -> ProofResponse {
        do {
            var reader = try WireReader(bytes, expecting: .proofOfStorageResponse)
            guard try reader.id(NodeID.self) == node else { throw MessageError.misdirected }
            guard Int(try reader.integer(UInt16.self)) == count else { throw MessageError.malformed }
            var answers: [ProofAnswer] = []
            for _ in 0..<count {
                switch try reader.integer(UInt8.self) {
                case 0: answers.append(.proof(try reader.bytes32()))
                case 1: answers.append(.unknown)
                case 2: answers.append(.damaged)
                case 4: answers.append(.missing)
                case 3: answers.append(.busy)
                default: throw MessageError.malformed
                }
            }
            let body = Array(bytes[..<reader.position])
            let signature = try reader.raw(64)
            try reader.finish()
            let signed = SignedAnswer.transcript(domain: domain, request: request, body: body)
            guard Ed25519.verify(signature: signature, message: signed, publicKey: node.value) else {
                throw MessageError.badSignature
            }
            return ProofResponse(node: node, answers: answers)
        } catch { throw MessageError(error) }
    }
}
