/// A state that a power cut may leave, to be recovered.
struct CrashTrial: Sendable {
    let point: CrashPoint
    /// The disk before the cut.
    let model: DiskModel
    /// What is left.
    let tree: DiskTree
    /// Its recovery is to be interrupted itself.
    let isNested: Bool
}

/// A prefix of the operations, and what becomes of the effects that are undecided after it.
struct CrashPoint: Sendable {
    let prefix: Int
    let choice: CrashChoice
}

/// The states of some points, in order. Of several that look the same and keep the same promises only the first comes:
/// what opens it sees no difference, and neither does the check.
struct CrashTrials {
    private struct Look: Hashable {
        let tree: Int
        /// Actions of the script that had begun and had ended.
        let promises: [Int]
    }

    private let recording: CrashRecording
    private let points: [CrashPoint]
    private let nestedEvery: Int
    private var next = 0
    private var applied = 0
    private var model: DiskModel
    private var seen: Set<Look> = []
    /// Points whose state had come before.
    private(set) var repeated = 0

    init(of recording: CrashRecording, _ points: [CrashPoint], nestedEvery: Int) {
        self.recording = recording
        self.points = points
        self.nestedEvery = nestedEvery
        model = DiskModel(recording.start)
    }

    mutating func nextTrial() -> CrashTrial? {
        while next < points.count {
            let point = points[next]
            next += 1
            for operation in recording.operations[applied..<point.prefix] { model.apply(operation.steps) }
            applied = point.prefix
            let tree = model.surviving(point.choice.fate)
            guard seen.insert(Look(tree: tree.look, promises: recording.progress(after: point.prefix))).inserted else {
                repeated += 1
                continue
            }
            let isNested = seen.count.isMultiple(of: nestedEvery)
            return CrashTrial(point: point, model: model, tree: tree, isNested: isNested)
        }
        return nil
    }
}

extension CrashRecording {
    /// On which `ledger` depends.
    fileprivate func progress(after count: Int) -> [Int] {
        [actions.count { $0.began <= count }, actions.count { $0.ended <= count }]
    }
}
