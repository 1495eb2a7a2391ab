import QuloudCore
import QuloudTestKit
import Testing

@testable import QuloudSimulation

@Suite struct NodeModelTests {
    private static let chunk = ChunkID.numbered(1)
    private static let lease = Timestamp(seconds: 2_000_000_000)

    private typealias Step = @Sendable (inout NodeModel.Kept) -> Void

    /// What becomes of one chunk: after each step, whether it is there and whether it is owed.
    private static func follow(_ steps: [Step]) -> [[Bool]] {
        var model = NodeModel(clock: NodeClock(Scheduler(seed: 1)), lie: nil)
        return steps.map { step in
            model.change(chunk, now: .seconds(1), step)
            return [model.isIntact(chunk), model.owes(chunk)]
        }
    }

    @Sendable private static func write(_ kept: inout NodeModel.Kept) { (kept.hasBlob, kept.isHarmed) = (true, false) }
    @Sendable private static func record(_ kept: inout NodeModel.Kept) { kept.hasRow = true }
    @Sendable private static func promise(_ kept: inout NodeModel.Kept) { kept.promise(until: lease) }
    @Sendable private static func harm(_ kept: inout NodeModel.Kept) { kept.harm() }
    @Sendable private static func mark(_ kept: inout NodeModel.Kept) { (kept.hasBlob, kept.hasRow) = (false, false) }

    @Test func aReceiptIsOwedUntilTheBytesAreHarmed() {
        #expect(
            Self.follow([Self.write, Self.record, Self.promise, Self.harm])
                == [[false, false], [true, false], [true, true], [false, false]])
    }

    /// A crash between the new blob and its row leaves nothing that anybody was told of (seed 800069).
    @Test func storingAnewPromisesNothingUntilTheNextReceipt() {
        let before: [Step] = [Self.write, Self.record, Self.promise, Self.harm]
        // The second promise was sent before the holder found out.
        let after: [Step] = [Self.promise, Self.mark, Self.write, Self.record, Self.promise]
        #expect(
            Self.follow(before + after).suffix(5)
                == [[false, false], [false, false], [false, false], [true, false], [true, true]])
    }
}
