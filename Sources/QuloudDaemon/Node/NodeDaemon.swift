import QuloudCore
import QuloudNATS
import QuloudSystem

/// The daemon: both roles as configured, and the control socket, until it is told to stop.
struct NodeDaemon: Sendable {
    let assembly: NodeAssembly
    let logger: Logger

    func run(stop: @escaping @Sendable () async -> Void, ready: @escaping @Sendable ([String]) -> Void) async throws {
        let operations = LocalOperations(assembly: assembly, isDaemon: true)
        let control = try ControlServer(
            path: assembly.directory.controlSocket, service: operations, logger: logger)
        defer { control.close() }
        logger.info(
            "node started",
            [
                "node.id": .string(assembly.node.description), "owner": .bool(assembly.owner != nil),
                "holder": .bool(assembly.holder != nil), "data_dir": .string(assembly.directory.path),
            ])
        ready(await joinLines())
        await withTaskGroup(of: Void.self) { group in
            if let holder = assembly.holder { addHolder(holder.context, to: &group) }
            if let owner = assembly.owner {
                let schedule = OwnerSchedule(
                    operations: owner.operations, configuration: assembly.configuration, logger: logger)
                group.addTask { await schedule.run() }
            }
            group.addTask { await stop() }
            // Whichever task ends first is the one that waits for the signal: the others run until cancelled.
            await group.next()
            logger.info("node stopping")
            group.cancelAll()
            await group.waitForAll()
        }
        await control.drain()
        logger.info("node stopped")
    }

    private func addHolder(_ context: HolderContext, to group: inout TaskGroup<Void>) {
        group.addTask { await AcceptChunks(context).run() }
        group.addTask {
            let answers = AnswerQuestions(context)
            while !Task.isCancelled {
                do {
                    try await answers.run()
                } catch {
                    logger.warning("cannot serve questions", ["error": .string("\(error)")])
                }
                try? await context.time.sleep(for: .seconds(1))
            }
        }
        group.addTask {
            while !Task.isCancelled {
                do {
                    let removed = try await ExpireLeases(context).sweep()
                    if removed > 0 { logger.info("removed expired chunks", ["chunks": .integer(removed)]) }
                } catch {
                    logger.warning("cannot remove expired chunks", ["error": .string("\(error)")])
                }
                try? await context.time.sleep(for: .seconds(600))
            }
        }
        let period = assembly.configuration.holder.scrubWithin
        group.addTask {
            let scrub = Scrub(context)
            while !Task.isCancelled {
                try? await context.time.sleep(for: .seconds(60))
                do {
                    let damaged = try await scrub.advance(by: .seconds(60), within: period)
                    if damaged > 0 { logger.warning("scrub found damage", ["chunks": .integer(damaged)]) }
                } catch {
                    logger.warning("cannot scrub", ["error": .string("\(error)")])
                }
            }
        }
    }

    /// How a second machine joins an embedded broker that others can reach.
    private func joinLines() async -> [String] {
        guard let broker = assembly.access?.broker else { return [] }
        return await broker.joinInstructions().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}
