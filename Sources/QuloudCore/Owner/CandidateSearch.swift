/// Nobody is there to take chunks.
package struct NoHolders: Error, Sendable {
    package init() {}
}

/// Finds the nodes that have room for chunks, for one run of a `Placer`: first as many as a quorum needs, then all that answer
/// in time, and anew when some of them let the run down.
actor CandidateSearch {
    private let context: OwnerContext
    /// A quorum of holders with room is here, and: all are that answer in time.
    private let (enough, everyone) = (Promise<Void>(), Promise<Void>())
    private var lastLook: Duration = .zero

    private var candidates = Candidates()

    /// Holders with room, best first.
    var found: [Candidates.Holder] { candidates.withRoom }
    /// Holders that announced themselves, whether they have room or not.
    var holders: Int { candidates.holders.count }

    init(_ context: OwnerContext) { self.context = context }

    /// Waits until a quorum is there, while others may still answer.
    func waitForQuorum() async throws { try await enough.value() }

    /// The candidates, once all have answered that do in time.
    func all() async throws -> [Candidates.Holder] {
        try await everyone.value()
        return found
    }

    /// Looks once. Holders that are slow are given more time, if too few came.
    func run() async throws {
        do {
            let usual = context.settings.placement.discovery
            var patience = usual
            try await lookOnceReached()
            while found.count < context.settings.quorum, patience < usual * (found.isEmpty ? 4 : 2) {
                patience *= 2
                try await look(within: patience)
            }
            guard !found.isEmpty else { throw NoHolders() }
            for promise in [enough, everyone] { promise.fulfil(.success(())) }
        } catch {
            for promise in [enough, everyone] { promise.fulfil(.failure(error)) }
            throw error
        }
    }

    /// Looks again, but not all the time. While the broker is away, those that are known have to do.
    func renew() async throws {
        guard context.time.uptime - lastLook >= .seconds(10) else { return }
        do {
            try await look(within: nil)
        } catch let error as FabricError {
            guard error.isTemporary else { throw error }
        }
    }

    /// As soon as the work has begun, a broker that goes away is waited for here as everywhere else.
    private func lookOnceReached() async throws {
        let start = context.time.uptime
        while true {
            do {
                return try await look(within: nil)
            } catch let error as FabricError where error.isTemporary {
                let isLate = context.time.uptime - start > context.settings.placement.brokerPatience
                guard enough.current != nil, !isLate else { throw error }
                try await context.time.sleep(for: .seconds(1))
            }
        }
    }

    /// A quorum has answered. The word of it may come late, when all are known.
    private func begin(with first: [Announcement]) {
        if found.isEmpty { candidates.update(with: first) }
        enough.fulfil(.success(()))
    }

    private func look(within patience: Duration?) async throws {
        lastLook = context.time.uptime
        let discovery = Discovery(context, patience: patience)
        let all = try await discovery.holders(
            expecting: patience == nil ? discovery.expected() : [], quorum: context.settings.quorum
        ) { first in await self.begin(with: first) }
        candidates.update(with: all)
        let seen = all.filter(\.takesChunks).map { $0.known(at: context.time.now) }
        if !seen.isEmpty { try await context.catalog.saw(seen) }
    }
}
