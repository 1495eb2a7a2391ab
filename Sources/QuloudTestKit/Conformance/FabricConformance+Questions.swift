internal import QuloudCore
import Synchronization

extension FabricConformance {
    private typealias Answering = @Sendable (Question) async -> [UInt8]?

    /// Runs `body` while each holder serves as its node.
    private func serving(
        _ scene: Scene, _ parties: [(node: NodeID, answer: Answering)], _ body: @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (holder, party) in zip(scene.world.holders, parties) {
                group.addTask {
                    try await holder.serve(as: party.node) { question in
                        question.kind == .commit && question.request == Self.probe ? [1] : await party.answer(question)
                    }
                }
            }
            for party in parties {
                try await eventually("a node does not serve") {
                    try await kind {
                        _ = try await scene.owner.ask(party.node, .commit, timeout: .seconds(5)) { _ in Self.probe }
                    } == nil
                }
            }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static var probe: [UInt8] { Array("are you there?".utf8) }

    func checkAsking(_ scene: Scene) async throws {
        let owner = scene.owner
        let node = scene.node()
        let large = scene.entropy.bytes(Limits.sealedChunkSizeMax)
        let seen = Captures()
        let answer: Answering = { question in
            seen.add(question)
            switch question.kind {
            case .retrieve: return large
            case .release: return nil
            default: return [UInt8(ascii: "<")] + question.request
            }
        }
        if self == .askNobody {
            let kind = try await kind { _ = try await owner.ask(node, .prove, timeout: .seconds(5)) { _ in [1] } }
            return try require(kind, is: .nobody, "asking a node that is not there")
        }
        try await serving(scene, [(node, answer), (scene.node(), { @Sendable _ in [0] })]) {
            switch self {
            case .askSeesItsReturnAddress:
                let given = Captures()
                _ = try await owner.ask(node, .prove, timeout: .seconds(5)) { address in
                    given.add(Question(kind: .prove, request: [3], returnAddress: address))
                    return [3]
                }
                try require(seen.all.count, is: 1, "questions seen")
                try require(
                    seen.all.first?.returnAddress == given.all.first?.returnAddress,
                    "asker and node see other addresses")
            case .silenceTimesOut:
                let kind = try await kind {
                    _ = try await owner.ask(node, .release, timeout: .milliseconds(400)) { _ in [1] }
                }
                try require(kind, is: .timeout, "a node that stays silent")
            case .largestAnswerArrives:
                let found = try await owner.ask(node, .retrieve, timeout: .seconds(10)) { _ in [1] }
                try require(found == large, "the largest answer came otherwise")
            case .manyAsksAtOnce:
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<64 {
                        group.addTask {
                            let bytes = [UInt8](repeating: UInt8(number), count: 500)
                            let found = try await owner.ask(node, .prove, timeout: .seconds(10)) { _ in bytes }
                            try require(found == [UInt8(ascii: "<")] + bytes, "an answer went to another question")
                        }
                    }
                    try await group.waitForAll()
                }
            default:
                for kind in QuestionKind.allCases where kind != .retrieve && kind != .release {
                    let found = try await owner.ask(node, kind, timeout: .seconds(5)) { _ in [5, 6] }
                    try require(found, is: [UInt8(ascii: "<"), 5, 6], "the answer to \(kind)")
                }
            }
        }
        if self == .serveEndsWhenCancelled {
            try await eventually("a node answers after it was stopped") {
                try await kind { _ = try await owner.ask(node, .prove, timeout: .seconds(1)) { _ in [1] } } != nil
            }
        }
    }

    /// Two answer in the name of one node: at first one of them, the other only after it.
    func checkAccepting(_ scene: Scene) async throws {
        let (owner, node, junkSent) = (scene.owner, scene.node(), Captures())
        let impostor: Answering = { question in
            junkSent.add(question)
            return [0]
        }
        let honest: Answering = { question in
            while !junkSent.all.contains(where: { $0.request == question.request }), !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(5))
            }
            try? await Task.sleep(for: .milliseconds(100))
            return [7] + question.request
        }
        try await serving(scene, [(node, impostor), (node, honest)]) {
            let genuine: @Sendable ([UInt8]) -> [UInt8]? = { $0.first == 7 ? $0 : nil }
            let genuineBytes: @Sendable (UnsafeRawBufferPointer) -> [UInt8]? = { genuine(Array($0)) }
            switch self {
            case .unacceptedAnswersArePassedOver:
                try await eventually("both do not serve") {
                    try await kind {
                        _ = try await owner.ask(
                            node, .prove, timeout: .seconds(2), request: { _ in [1] }, accept: genuineBytes)
                    } == nil
                }
                for kind in QuestionKind.allCases where !kind.isBroadcast {
                    let found = try await owner.ask(
                        node, kind, timeout: .seconds(10), request: { _ in [5] }, accept: genuineBytes)
                    try require(found, is: [7, 5], "the answer to \(kind)")
                }
            case .unacceptedAnswersAreNoAnswer:
                let kind = try await kind {
                    _ = try await owner.ask(
                        node, .prove, timeout: .milliseconds(700), request: { _ in [5] },
                        accept: { _ -> Bool? in nil })
                }
                try require(kind, is: .timeout, "none but answers that are not accepted")
            default:
                try await eventually("both do not serve") {
                    try await owner.askAll(
                        .announce, patience: .seconds(2), limit: 1, request: { _ in [1] }, accept: genuine) == [[7, 1]]
                }
            }
        }
    }

    func checkAskingAll(_ scene: Scene) async throws {
        let owner = scene.owner
        if self == .askAllOfNobodyIsEmpty {
            let none = try await owner.askAll(.announce, patience: .milliseconds(400), limit: 8) { _ in [1] }
            return try require(none, is: [], "answers of nobody")
        }
        let silent = self == .silentNodesAreLeftOut
        let parties: [(NodeID, Answering)] = [
            (scene.node(), { [1] + $0.request }), (scene.node(), { silent ? nil : [2] + $0.request }),
        ]
        try await serving(scene, parties) {
            for kind in QuestionKind.allCases where kind.isBroadcast {
                if silent {
                    try await eventually("not just the node that answers was heard") {
                        try await owner.askAll(kind, patience: .milliseconds(800), limit: 8) { _ in [9] } == [[1, 9]]
                    }
                    continue
                }
                let limit = self == .askAllKeepsTheLimit ? 1 : 2
                let start = ContinuousClock.now
                let answers = try await owner.askAll(kind, patience: .seconds(20), limit: limit) { _ in [9] }
                try require(
                    ContinuousClock.now - start < .seconds(15), "waited on although \(limit) answers are enough")
                let expected: Set<[UInt8]> = [[1, 9], [2, 9]]
                try require(
                    answers.count == limit && expected.isSuperset(of: answers), "answers to \(kind): \(answers)")
            }
        }
    }
}

/// Questions seen, from any task.
private final class Captures: Sendable {
    private let questions = Mutex<[Question]>([])
    func add(_ question: Question) { questions.withLock { $0.append(question) } }
    var all: [Question] { questions.withLock { $0 } }
}
