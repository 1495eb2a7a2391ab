import QuloudCrypto

/// A node's word on a request that asks it to do something: one code for each chunk of the request, in its order.
///
/// Also the answer to a retrieval that cannot be met; a sealed chunk itself is answered raw.
package struct Outcome: Sendable, Equatable {
    package enum Code: UInt8, Sendable {
        case done = 0
        /// Not held, or not for whoever asked: the two cannot be told apart from outside.
        case refused = 1
        case damaged = 2
        /// Could not be done just now.
        case busy = 3
    }
    package static let domain = "quloud/v1/outcome"

    package let node: NodeID
    package let codes: [Code]

    package init(node: NodeID, codes: [Code]) {
        self.node = node
        self.codes = codes
    }

    package func signed(by identity: Ed25519.KeyPair, request: Bytes32) -> [UInt8] {
        var writer = WireWriter(.outcome, capacity: 128 + codes.count)
        writer.put(node)
        writer.put(UInt16(clamping: codes.count))
        for code in codes { writer.put(code.rawValue) }
        writer.put(
            raw: identity.sign(SignedAnswer.transcript(domain: Self.domain, request: request, body: writer.bytes)))
        return writer.bytes
    }

    /// `node` is `nil` when the answer may come from any.
    package static func verified(_ bytes: [UInt8], from node: NodeID?, request: Bytes32) throws(MessageError) -> Outcome
    {
        do {
            var reader = try WireReader(bytes, expecting: .outcome)
            let signer = try reader.id(NodeID.self)
            guard node == nil || signer == node else { throw MessageError.misdirected }
            let count = Int(try reader.integer(UInt16.self))
            guard count <= Limits.batchMax else { throw MessageError.oversized }
            var codes: [Code] = []
            for _ in 0..<count {
                guard let code = Code(rawValue: try reader.integer()) else { throw MessageError.malformed }
                codes.append(code)
            }
            let body = Array(bytes[..<reader.position])
            let signature = try reader.raw(64)
            try reader.finish()
            let signed = SignedAnswer.transcript(domain: domain, request: request, body: body)
            guard Ed25519.verify(signature: signature, message: signed, publicKey: signer.value) else {
                throw MessageError.badSignature
            }
            return Outcome(node: signer, codes: codes)
        } catch { throw MessageError(error) }
    }
}
