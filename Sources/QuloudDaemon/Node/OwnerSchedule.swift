import QuloudCore
import QuloudSystem

/// What the owner does by itself: audits when replicas are due, a daily sample, healing, renewing leases.
actor OwnerSchedule {
    private let operations: OwnerOperations
    private let configuration: Configuration
    private let logger: Logger
    private var context: OwnerContext { operations.context }
    private var holdersAtLastHeal: Set<NodeID> = []
    private var nextHeal: Duration = .zero
    private var nextRenewal: Duration
    private var nextSample: Duration

    private static let tick: Duration = .seconds(5)
    private static let hour: Duration = .seconds(3600)

    init(operations: OwnerOperations, configuration: Configuration, logger: Logger) {
        self.operations = operations
        self.configuration = configuration
        self.logger = logger
        let now = operations.context.time.uptime
        nextRenewal = now + .seconds(60)
        nextSample = now + Self.hour * operations.context.entropy.unit()
    }

    /// Runs until cancelled.
    func run() async {
        await attempt("raising of the quorum") {
            try await self.context.catalog.raiseQuorum(to: self.context.settings.quorum)
        }
        await attempt("comparing of the history") { try await self.operations.compareHistory() }
        while !Task.isCancelled {
            await attempt("scheduled audit") { try await self.auditDue() }
            await attempt("scheduled healing") { try await self.heal() }
            await attempt("renewal of leases") { try await self.renew() }
            try? await context.time.sleep(for: Self.tick)
        }
    }

    private func attempt(_ what: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch is CancellationError {
            return
        } catch {
            let failure = OperationFailure.explaining(error) as? OperationFailure
            logger.warning(
                "scheduled work failed", ["work": .string(what), "error": .string(failure?.message ?? "\(error)")])
        }
    }

    private func auditDue() async throws {
        guard configuration.audit.automatic else { return }
        let now = context.time.uptime
        if configuration.audit.samplePerDay > 0, now >= nextSample {
            nextSample = now + Self.hour * 24
            try await audit(.sample(configuration.audit.samplePerDay))
        }
        while let due = try await context.catalog.nextAuditDue(), due <= context.time.now {
            try Task.checkCancellation()
            guard try await audit(.due) > 0 else { return }
        }
    }

    /// Returns how many replicas were challenged.
    @discardableResult
    private func audit(_ scope: Audit.Scope) async throws -> Int {
        let (context, tree, logger) = (context, operations.tree, logger)
        let result = try await operations.turn.taking {
            try await Audit(context, tree: tree, observer: Self.observer(logger)).run(scope)
        }
        guard result.challenged > 0 else { return 0 }
        logger.info(
            "audited",
            [
                "challenged": .integer(result.challenged), "valid": .integer(result.valid),
                "suspect": .integer(result.suspect.count), "lost": .integer(result.lost.count),
            ])
        for finding in result.lost {
            let report = ReplicaReport(finding, label: "")
            logger.warning(
                "replica lost",
                [
                    "chunk.id": .string(report.chunk), "node.id": .string(report.node),
                    "reason": .string(report.reason),
                ])
        }
        return result.challenged
    }

    /// Heals when something is below its quorum: at once when holders came or went, else every ten minutes.
    private func heal() async throws {
        guard configuration.heal.automatic,
            !(try await context.catalog.chunksBelowQuorum(after: nil, limit: 1).isEmpty)
        else { return }
        let holders = Set(try await Discovery(context).holders().filter(\.takesChunks).map(\.node))
        let now = context.time.uptime
        guard !holders.isEmpty, holders != holdersAtLastHeal || now >= nextHeal else { return }
        holdersAtLastHeal = holders
        nextHeal = now + .seconds(600)
        let (operations, logger) = (operations, logger)
        let result = try await operations.turn.taking {
            try await operations.heal(observer: Self.observer(logger))
        }
        logger.info(
            "healed",
            [
                "chunks": .integer(result.chunks), "healed": .integer(result.healed),
                "still_below": .integer(result.stillBelow), "unrecoverable": .integer(result.unrecoverable.count),
            ])
        if result.stillBelow == 0, result.unrecoverable.isEmpty { holdersAtLastHeal = [] }
    }

    private func renew() async throws {
        guard context.time.uptime >= nextRenewal else { return }
        nextRenewal = context.time.uptime + Self.hour
        await attempt("looking around") { try await self.lookAround() }
        await attempt("publishing of the head") { try await self.publishHead() }
        let context = context
        let renewed = try await operations.turn.taking { try await RenewLeases(context).run() }
        if renewed > 0 { logger.info("renewed leases", ["replicas": .integer(renewed)]) }
    }

    /// A backup waits for the holders that are known: here new ones become so, with all the time they may need.
    private func lookAround() async throws {
        let found = try await Discovery(context).holders()
        let now = context.time.now
        try await context.catalog.saw(found.map { $0.known(at: now) })
    }

    /// Holders that joined since the last backup are to keep the head too; never that of an old catalog.
    private func publishHead() async throws {
        try await operations.compareHistory()
        if let head = try await context.catalog.head() { _ = try? await HeadKeeper(context).publish(head) }
    }

    private static func observer(_ logger: Logger) -> Observer {
        { activity in if case .note(let note) = activity { logger.noting(note) } }
    }
}
