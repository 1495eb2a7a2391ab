import QuloudForeignBytes
import Testing

extension ForeignParser: CustomTestStringConvertible {
    public var testDescription: String { name }
}

/// A short, always equal run of what `scripts/fuzz` does for as long as it is let.
@Suite struct ForeignParserTests {
    @Test(arguments: ForeignParser.all)
    func theFirstSampleIsTaken(_ parser: ForeignParser) throws {
        #expect(try parser.samples().first.map(parser.take) == .taken)
    }

    @Test(arguments: ForeignParser.all)
    func noMutationBreaksAPromise(_ parser: ForeignParser) throws {
        let mutator = Mutator(seed: 1)
        var inputs = try parser.samples()
        for _ in 0..<2000 {
            let bytes = mutator.mutated(mutator.pick(inputs), with: mutator.pick(inputs))
            let verdict = parser.take(bytes)
            if case .broken(let promise) = verdict {
                Issue.record("\(parser.name) \(bytes): \(promise)")
                return
            }
            // What is still taken leads further.
            if verdict == .taken, inputs.count < 64 { inputs.append(bytes) }
        }
    }

    @Test func namesAreDistinct() {
        #expect(Set(ForeignParser.all.map(\.name)).count == ForeignParser.all.count)
    }
}
