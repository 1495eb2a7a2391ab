/// Something that keeps promises on a disk, and a script of things to do with it.
package protocol CrashSubject: Sendable {
    /// What is open while the script runs.
    associatedtype Opened: Sendable
    static var name: String { get }
    /// What lies on the disk, durably, before the script begins.
    func prepare(_ folder: String) async throws
    /// Opens for the script what it works with.
    func open(_ folder: String) async throws -> Opened
    func script() -> [CrashAction<Opened>]
    /// Opens everything anew by the way that the daemon goes after a crash, and returns all that is there.
    func recover(_ folder: String) async throws -> CrashLedger.Values
    /// What people do after a crash, which has to work as well.
    func settle(_ folder: String) async throws
}

extension CrashSubject {
    package func prepare(_ folder: String) async throws {}
    package func settle(_ folder: String) async throws {}
}

/// One call of the script.
package struct CrashAction<Opened: Sendable>: Sendable {
    package let change: CrashChange
    package let run: @Sendable (inout Opened, String) async throws -> Void

    /// - Parameter run: gets what is open and the disk's folder.
    package init(_ change: CrashChange, run: @escaping @Sendable (inout Opened, String) async throws -> Void) {
        self.change = change
        self.run = run
    }
}

/// What a subject did on a disk, and what it was promised when.
package struct CrashRecording: Sendable {
    struct Action: Sendable {
        let change: CrashChange
        /// Operations that were logged before it began and before it returned.
        let began: Int
        let ended: Int
        /// How it failed, if it did.
        let failure: String?
    }

    package let start: DiskTree
    package let operations: [DiskOperation]
    let before: CrashLedger.Values
    let actions: [Action]
    /// Why the script could not begin.
    let openFailure: String?

    /// What may be found after a crash that follows the first `count` operations.
    func ledger(after count: Int) -> (ledger: CrashLedger, underway: CrashChange?) {
        var ledger = CrashLedger(before)
        var underway: CrashChange?
        for action in actions where action.began <= count {
            if action.ended <= count, action.failure == nil {
                ledger.acknowledge(action.change)
            } else {
                ledger.attempt(action.change)
                underway = action.ended <= count ? nil : action.change
            }
        }
        return (ledger, underway)
    }
}

extension CrashSubject {
    /// A disk on which `prepare` was done durably.
    package func prepared() async throws -> (tree: DiskTree, values: CrashLedger.Values) {
        let disk = try SimulatedDisk()
        try await prepare(disk.folder)
        try disk.killProcess()
        let tree = disk.model.live
        return (tree, try await recover(disk.folder))
    }

    /// Runs the script on a disk that begins as `start`, with faults in force; what fails does not stop it.
    package func record(
        on start: (tree: DiskTree, values: CrashLedger.Values), _ faults: [DiskFault] = []
    ) async throws -> (recording: CrashRecording, disk: SimulatedDisk) {
        let disk = try SimulatedDisk(start.tree, isRecording: true)
        for fault in faults { disk.add(fault) }
        var actions: [CrashRecording.Action] = []
        var openFailure: String?
        do {
            var opened = try await open(disk.folder)
            for action in script() {
                let began = disk.operationCount
                var failure: String?
                do { try await action.run(&opened, disk.folder) } catch { failure = "\(error)" }
                actions.append(
                    CrashRecording.Action(
                        change: action.change, began: began, ended: disk.operationCount, failure: failure))
            }
        } catch {
            openFailure = "\(error)"
        }
        let recording = CrashRecording(
            start: start.tree, operations: disk.operations, before: start.values, actions: actions,
            openFailure: openFailure)
        return (recording, disk)
    }
}
