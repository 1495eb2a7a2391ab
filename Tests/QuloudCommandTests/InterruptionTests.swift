import QuloudSystem
import Synchronization
import Testing

@testable import quloud

@Suite struct InterruptionTests {
    @Test func workThatEndsByItselfKeepsItsResultAndItsError() async throws {
        let (stops, _) = AsyncStream.makeStream(of: Signals.Stop.self)
        #expect(try await Interruption.running(stops: stops) { 7 } == 7)
        let (others, _) = AsyncStream.makeStream(of: Signals.Stop.self)
        await #expect(throws: Failure(.locked, "x")) {
            try await Interruption.running(stops: others) { throw Failure(.locked, "x") }
        }
    }

    @Test func theFirstSignalCancelsAndTheNextEndsAtOnce() async throws {
        let (stops, signal) = AsyncStream.makeStream(of: Signals.Stop.self)
        let (cancelled, tellCancelled) = AsyncStream.makeStream(of: Void.self)
        let (ended, tellEnded) = AsyncStream.makeStream(of: Void.self)
        await #expect(throws: Failure.interrupted) {
            try await Interruption.running(stops: stops, again: { tellEnded.finish() }) {
                signal.yield(.interrupt)
                // Ends when the task is cancelled.
                for await _ in cancelled {}
                signal.yield(.interrupt)
                await Task { for await _ in ended {} }.value
                throw CancellationError()
            }
        }
        tellCancelled.finish()
    }

    @Test func workThatIsDoneInSpiteOfASignalIsDone() async throws {
        let (stops, signal) = AsyncStream.makeStream(of: Signals.Stop.self)
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        let value = try await Interruption.running(stops: stops) {
            signal.yield(.terminate)
            for await _ in never {}
            return 7
        }
        #expect(value == 7)
    }
}
