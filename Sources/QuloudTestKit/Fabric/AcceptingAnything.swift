package import QuloudCore

extension OwnerFabric {
    /// Asks one node and takes the first answer for true.
    package func ask(
        _ node: NodeID, _ kind: QuestionKind, timeout: Duration, request: @Sendable (ReturnAddress) -> [UInt8]
    ) async throws(FabricError) -> [UInt8] {
        try await ask(node, kind, timeout: timeout, request: request) { Array($0) }
    }

    /// Asks every node and takes all answers for true.
    package func askAll(
        _ kind: QuestionKind, patience: Duration, limit: Int, request: @Sendable (ReturnAddress) -> [UInt8]
    ) async throws(FabricError) -> [[UInt8]] {
        try await askAll(kind, patience: patience, limit: limit, request: request) { $0 }
    }
}
