import QuloudCore
import QuloudTestKit
import Synchronization

/// The owner's files: small ones, some chunky ones, links, holes. All of them, and their names, bear a mark.
final class Files: Sendable {
    static let marker = Array("~PLAIN~MARKER~".utf8)
    static let name = "~PLAIN~MARKER~"

    let tree = InMemoryTree()
    private let draw: SharedDraw
    private let state = Mutex((paths: [String](), next: 0, changed: [String]()))

    /// Told of paths that changed.
    private let told: @Sendable (Set<String>) -> Void

    init(seed: UInt64, told: @escaping @Sendable (Set<String>) -> Void) {
        self.told = told
        draw = SharedDraw(seed: seed, stream: 6)
        tree.makeDirectory("/home/\(Self.name) empty folder")
        tree.makeDirectory("/home/folder \(Self.name)")
        tree.write("/home/\(Self.name) empty", [])
        tree.symlink("/home/\(Self.name) link", to: "../\(Self.name)")
        for _ in 0..<draw({ $0.int(3...9) }) { addFile(sizes: 1...1000) }
        for _ in 0..<draw({ $0.int(1...2) }) { addFile(sizes: 3000...20_000) }
        if draw({ $0.chance(0.3) }) {
            tree.writeSparse(
                "/home/\(Self.name) sparse", size: 60_000, pieces: [(4096, content(9000)), (50_000, [1, 2])])
        }
        if draw({ $0.chance(0.5) }), let first = state.withLock({ $0.paths.first }) {
            tree.link("/home/\(Self.name) hard link", to: first)
        }
    }

    /// Marked at the start and every half kilobyte; incompressible otherwise, mostly.
    private func content(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 512)
        let isText = draw { $0.chance(0.2) }
        while bytes.count < count {
            bytes += Self.marker
            if isText {
                bytes += Array("some text that says little ".utf8)
            } else {
                for _ in 0..<62 {
                    let word = draw { $0.next() }
                    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift * 8))) }
                }
            }
        }
        return Array(bytes.prefix(count))
    }

    private func addFile(sizes: ClosedRange<Int>) {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let path = "/home/\(draw { $0.chance(0.5) } ? "folder \(Self.name)/" : "")\(Self.name) \(number)"
        tree.write(path, content(draw { $0.int(sizes) }))
        state.withLock { state in
            state.paths.append(path)
            state.changed.append(path)
        }
    }

    /// Adds, changes and removes some.
    func change() {
        let count = changes
        defer { told(changed(since: count)) }
        for _ in 0..<draw({ $0.int(1...3) }) {
            let path = state.withLock { state in draw { $0.one(of: state.paths) } }
            switch (draw { $0.index(4) }, path) {
            case (0, _), (_, nil): addFile(sizes: 1...20_000)
            case (1, .some(let path)):
                tree.remove(path)
                state.withLock { state in
                    state.paths.removeAll { $0 == path }
                    state.changed.append(path)
                }
            case (_, .some(let path)):
                tree.write(path, content(draw { $0.int(1...20_000) }))
                state.withLock { $0.changed.append(path) }
            }
        }
    }

    /// How many changes there were so far.
    var changes: Int { state.withLock(\.changed.count) }
    /// Paths that changed since there were so many changes, relative to `/`.
    func changed(since count: Int) -> Set<String> {
        state.withLock { Set($0.changed.dropFirst(count).map { String($0.dropFirst()) }) }
    }

    /// What a restore of everything is to give.
    func sketch() -> [String: InMemoryTree.Sketch] { tree.sketch("/").filter { $0.key.hasPrefix("home") } }
}
