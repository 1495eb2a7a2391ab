import Glibc
import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudNATS
import QuloudSystem

/// The entry points that the commands call; everything behind them is wired here and nowhere else.
package enum QuloudNode {
    /// Makes data directory, keys and configuration of a new node, and returns the recovery words, or nil for a node
    /// without the owner role. Keys that are there are never replaced.
    ///
    /// - Parameters:
    ///   - overriding: what was given on the command line, for the configuration file.
    ///   - configurationFile: where to write the configuration; absolute.
    /// - Throws: `OperationFailure`.
    package static func initialise(
        _ configuration: Configuration, overriding: [ConfigurationOverride], configurationFile: String, force: Bool
    ) async throws -> [String]? {
        try await explained {
            let setup = NodeSetup(configuration: configuration, overriding: overriding, file: configurationFile)
            return try setup.initialise(force: force)
        }
    }

    /// Runs the daemon until `stop` returns. `ready` is called once it serves, with lines for the operator (how a second
    /// machine joins, for example).
    ///
    /// - Throws: `OperationFailure`.
    package static func run(
        _ configuration: Configuration, logger: Logger, stop: @escaping @Sendable () async -> Void,
        ready: @escaping @Sendable ([String]) -> Void
    ) async throws {
        try await explained {
            let asked = Promise<Bool>()
            let waiting = Task {
                await stop()
                asked.fulfil(.success(true))
            }
            defer { waiting.cancel() }
            guard let assembly = try await open(configuration, logger: logger, until: asked) else { return }
            do {
                try await NodeDaemon(assembly: assembly, logger: logger).run(
                    stop: { _ = try? await asked.value() }, ready: ready)
            } catch {
                await assembly.close()
                throw error
            }
            await assembly.close()
        }
    }

    /// Opening takes long when the index is made anew: `nil` when the node was asked to stop meanwhile.
    private static func open(
        _ configuration: Configuration, logger: Logger, until asked: Promise<Bool>
    ) async throws -> NodeAssembly? {
        let opening = Task { try await NodeAssembly.open(configuration, for: .daemon, logger: logger) }
        let watching = Task { if (try? await asked.value()) != nil { opening.cancel() } }
        defer { watching.cancel() }
        do {
            return try await opening.value
        } catch {
            guard asked.current != nil else { throw error }
            return nil
        }
    }

    /// Carries an operation out: by the running daemon if there is one, else in this process under the lock.
    ///
    /// - Throws: `OperationFailure`, `CancellationError`.
    package static func perform(
        _ request: OperationRequest, configuration: Configuration, logger: Logger,
        emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> OperationReport {
        try await explained {
            let directory = DataDirectory(path: configuration.node.dataDirectory)
            try directory.requireNode()
            if let daemon = ControlClient(path: directory.controlSocket) {
                return try await daemon.perform(request, emit: emit)
            }
            do {
                return try await performHere(request, configuration, logger, request.needsFabric, emit)
            } catch let failure as OperationFailure where failure.kind == .failed && isListing(request) {
                // Parts of the manifest are not here: fetch them from holders.
                return try await performHere(request, configuration, logger, true, emit)
            } catch {
                // A snapshot that is not there would not be there with a broker either.
                if case .restore(let restore) = request, isForWantOfFabric(error) {
                    try await requireSnapshot(restore.snapshot, configuration, logger)
                }
                throw error
            }
        }
    }

    private static func requireSnapshot(
        _ selector: String, _ configuration: Configuration, _ logger: Logger
    ) async throws {
        let assembly = try await NodeAssembly.open(configuration, for: .command(needsFabric: false), logger: logger)
        do {
            _ = try await assembly.operations().snapshot(selector)
        } catch {
            await assembly.close()
            throw error
        }
        await assembly.close()
    }

    private static func isForWantOfFabric(_ error: any Error) -> Bool {
        (OperationFailure.explaining(error) as? OperationFailure)?.kind == .fabricUnreachable
    }

    private static func isListing(_ request: OperationRequest) -> Bool {
        if case .list = request { true } else { false }
    }

    private static func performHere(
        _ request: OperationRequest, _ configuration: Configuration, _ logger: Logger, _ needsFabric: Bool,
        _ emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> OperationReport {
        let assembly = try await NodeAssembly.open(
            configuration, for: .command(needsFabric: needsFabric), logger: logger)
        do {
            let report = try await LocalOperations(assembly: assembly, isDaemon: false).perform(request, emit: emit)
            await assembly.close()
            return report
        } catch {
            await assembly.close()
            throw error
        }
    }

    /// Brings an owner back from the recovery words. Writes keys and catalog into a data directory without an owner, and
    /// the configuration if there is none at `configurationFile`.
    ///
    /// - Parameter withoutList: goes on with the history when no holder has the list of its snapshots any more.
    /// - Throws: `OperationFailure`.
    package static func recover(
        words: [String], withoutList: Bool = false, configuration: Configuration, overriding: [ConfigurationOverride],
        configurationFile: String, logger: Logger, emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> RecoverReport {
        try await explained {
            let setup = NodeSetup(configuration: configuration, overriding: overriding, file: configurationFile)
            return try await setup.recover(words: words, withoutList: withoutList, logger: logger, emit: emit)
        }
    }

    /// Examines a node without changing anything.
    package static func examine(_ configuration: Configuration, configurationFile: String?) async -> [DoctorFinding] {
        await Doctor(configuration: configuration, file: configurationFile).examine()
    }

    /// Keeps secrets out of core dumps and other processes' reach. The first thing a process does.
    package static func harden() { ProcessHardening.apply() }

    private static func explained<Value>(_ work: () async throws -> Value) async throws -> Value {
        do { return try await work() } catch { throw OperationFailure.explaining(error) }
    }
}

package struct RecoverReport: Codable, Sendable, Equatable {
    package var headSequence: Int
    package var snapshots: Int
    package var chunks: Int
    package var missingChunks: Int
    package var replicas: Int
    package var seconds: Double
    /// No holder has the list of snapshots any more.
    package var listLost: Bool
}
