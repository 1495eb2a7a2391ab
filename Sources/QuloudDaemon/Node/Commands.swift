import QuloudSystem

/// The entry points that the commands call; everything behind them is wired here and nowhere else.
package enum QuloudNode {
    /// Makes data directory, keys and configuration of a new node, and returns the recovery words, or nil for a node
    /// without the owner role. Keys that are there are never replaced.
    ///
    /// - Parameter configurationFile: where to write the configuration; absolute.
    /// - Throws: `OperationFailure`.
    package static func initialise(
        _ configuration: Configuration, overriding: [ConfigurationOverride], configurationFile: String, force: Bool
    ) async throws -> [String]? {
        nil
    }

    /// Runs the daemon until it is told to stop. `ready` is called once it serves, with lines for the operator (how a
    /// second machine joins, for example).
    ///
    /// - Throws: `OperationFailure`.
    package static func run(
        _ configuration: Configuration, logger: Logger, stop: @escaping @Sendable () async -> Void,
        ready: @escaping @Sendable ([String]) -> Void
    ) async throws {}

    /// Carries an operation out: by the running daemon if there is one, else in this process under the lock.
    ///
    /// - Throws: `OperationFailure`, `CancellationError`.
    package static func perform(
        _ request: OperationRequest, configuration: Configuration, logger: Logger,
        emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> OperationReport {
        throw OperationFailure(.failed, "", hint: "")
    }

    /// Brings an owner back from the recovery words. Writes keys and catalog into an empty data directory, and the
    /// configuration if there is none at `configurationFile`.
    ///
    /// - Throws: `OperationFailure`.
    package static func recover(
        words: [String], configuration: Configuration, overriding: [ConfigurationOverride], configurationFile: String,
        logger: Logger, emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> RecoverReport {
        throw OperationFailure(.failed, "", hint: "")
    }

    /// Examines a node without changing anything.
    package static func examine(_ configuration: Configuration, configurationFile: String?) async -> [DoctorFinding] { [] }
}

package struct RecoverReport: Codable, Sendable, Equatable {
    package var headSequence: Int
    package var snapshots: Int
    package var chunks: Int
    package var missingChunks: Int
    package var replicas: Int
    package var seconds: Double
}
