/// One file call, as far as a power cut is concerned.
package enum DiskStep: Sendable, Equatable {
    /// A new file, directory or link without a name; it goes by itself if it never gets one.
    case make(DiskTree.Number, DiskTree.Node)
    case effect(DiskEffect)
    case sync(DiskTree.Number, dataOnly: Bool)
    case syncAll
    /// The device reported that it could not sync. The kernel drops what it could not write, and says so only once.
    case failedSync(DiskTree.Number)
}

/// Which states a disk may be in after a power cut, as calls are made on it.
///
/// The model permits more than any one file system does, so that what survives it survives on all of them:
///
/// - A write, a change of size and a change of mode are durable once their file was synced (mode: not by `fdatasync`).
///   Until then any subset of them may survive, in any combination and whatever their order was; a write may survive whole,
///   torn at sectors of 512 or 4096 bytes with any subset of them new, or with its size only, which leaves zeros.
///   Bytes that a write does not cover never change: what SQLite calls powersafe overwrite.
/// - A name that comes or goes is durable once its directory was synced; until then any subset may survive. A rename is
///   atomic, its old and new name change together, but for one between two directories of which the new one alone was
///   synced: then the new name is durable, and the old one may be there as well. Syncing a file makes none of its names
///   durable, and syncing a directory makes no file in it durable: a durable name may lead to an empty or partial file.
/// - Content that a failed sync was to make durable never becomes so by a later one that succeeds. Names do: they are kept in
///   a journal, which is written again, or the file system takes nothing more until it is mounted anew.
/// - A file that is mapped and never synced (SQLite's `-shm`) is empty afterwards. Times, owners and extended attributes
///   are not modelled.
///
/// After Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014: ALICE's abstract persistence model, here with
/// rename kept atomic as all file systems there that are in use on Linux do), Rebello et al., "Can Applications Recover
/// from fsync Failures?" (USENIX ATC 2020), and SQLite's "Atomic Commit In SQLite", section 2.
package struct DiskModel: Sendable {
    struct Pending: Sendable {
        let effect: DiskEffect
        /// What is still to be synced.
        var unsynced: Set<DiskTree.Number>
        /// Its sync failed.
        var isDoubtful = false
        var isDurable: Bool { unsynced.isEmpty }

        /// A rename whose new directory alone was synced: the new name is durable, and the old one may still be there.
        var split: [Pending] {
            guard case .names(let names) = effect, !isDurable, names.count > 1,
                names.allSatisfy({ ($0.number == nil) == unsynced.contains($0.directory) })
            else { return [self] }
            return [
                Pending(effect: .names(names.filter { $0.number != nil }), unsynced: []),
                Pending(effect: .names(names.filter { $0.number == nil }), unsynced: unsynced, isDoubtful: isDoubtful),
            ]
        }
    }

    /// What survives in any case, but for `pending`.
    private var durable: DiskTree
    /// In the order of the calls. Those that are durable already wait only for one before them.
    private var pending: [Pending] = []
    /// What the running system sees.
    private(set) package var live: DiskTree
    private var nextNumber: Int
    /// Syncs so far that changed what a power cut may lose.
    private(set) var settled = 0

    /// A disk on which `tree` is durable.
    package init(_ tree: DiskTree = DiskTree()) {
        durable = tree
        live = tree
        nextNumber = (tree.nodes.keys.max() ?? 0) + 1
    }

    mutating func newNumber() -> DiskTree.Number {
        defer { nextNumber += 1 }
        return nextNumber
    }

    package mutating func apply(_ steps: [DiskStep]) { for step in steps { apply(step) } }

    package mutating func apply(_ step: DiskStep) {
        switch step {
        case .make(let number, let node):
            nextNumber = max(nextNumber, number + 1)
            live.nodes[number] = node
            durable.nodes[number] = node
        case .effect(let effect):
            live.apply(effect)
            pending.append(Pending(effect: effect, unsynced: effect.places))
        case .sync(let number, let dataOnly):
            settle { dataOnly && $0.effect.isMetadata ? [] : [number] }
        case .syncAll: settle { $0.effect.places }
        case .failedSync(let number):
            for index in pending.indices where pending[index].unsynced.contains(number) {
                if case .names = pending[index].effect { continue }
                pending[index].isDoubtful = true
            }
        }
    }

    /// Takes note that `synced` of an effect's places are, and moves what is durable thereby.
    private mutating func settle(_ synced: (Pending) -> Set<DiskTree.Number>) {
        var changed = false
        for index in pending.indices where !pending[index].isDoubtful {
            let left = pending[index].unsynced.subtracting(synced(pending[index]))
            guard left.count < pending[index].unsynced.count else { continue }
            pending[index].unsynced = left
            changed = true
        }
        guard changed else { return }
        settled += 1
        settleDurable()
    }

    /// Moves over what is durable, unless something before it that is not has to be applied first.
    private mutating func settleDurable() {
        var waiting: Set<DiskTree.Number> = []
        var left: [Pending] = []
        for item in pending.flatMap(\.split) {
            let places = item.effect.places
            if item.isDurable, waiting.isDisjoint(with: places) {
                durable.apply(item.effect)
            } else {
                waiting.formUnion(places)
                left.append(item)
            }
        }
        pending = left
    }

    /// Flips a bit of what is on the medium; returns the byte as it is then.
    mutating func flip(_ bit: Int, of path: [UInt8]) -> UInt8? {
        guard bit >= 0, let number = live.find(path), case .file(let bytes)? = live.nodes[number]?.content,
            bit / 8 < bytes.count
        else { return nil }
        let flipped = bytes[bit / 8] ^ (1 << UInt8(bit % 8))
        live.changeFile(number) { $0[bit / 8] = flipped }
        durable.changeFile(number) { if bit / 8 < $0.count { $0[bit / 8] = flipped } }
        return flipped
    }

    /// Drops files that no name leads to any more, nor can after a power cut, nor `open` ones.
    mutating func prune(keeping open: Set<DiskTree.Number>) {
        var kept = open
        for item in pending {
            if case .names(let names) = item.effect { for name in names { name.number.map { _ = kept.insert($0) } } }
        }
        var named = kept
        for tree in [live, durable] { tree.walk { _, number, _ in named.insert(number) } }
        live.prune(keeping: named)
        durable.prune(keeping: named)
        pending.removeAll { $0.effect.places.isDisjoint(with: named) }
    }
}

// MARK: - Questions

extension DiskModel {
    /// The effects that a power cut may lose, in the order of the calls.
    package var undecided: [DiskEffect] { pending.filter { !$0.isDurable }.map(\.effect) }

    var pendingCount: Int { pending.count }

    /// The state after a power cut that does `fate` to the effects of `undecided`, by their position there.
    package func surviving(_ fate: (Int) -> DiskFate) -> DiskTree {
        var tree = durable
        var position = 0
        for item in pending {
            if item.isDurable {
                tree.apply(item.effect)
            } else {
                tree.apply(item.effect, fate(position))
                position += 1
            }
        }
        tree.prune(keeping: [])
        return tree
    }

    /// Whether the file or directory at `path` is there with all of its present content after any power cut.
    package func isDurable(_ path: [UInt8]) -> Bool {
        guard let number = live.find(path) else { return false }
        var onTheWay: [DiskEffect.Name] = []
        var directory = DiskTree.root
        for name in path.split(separator: UInt8(ascii: "/")) where name != [UInt8(ascii: ".")] {
            guard let next = live.child(Array(name), of: directory) else { return false }
            onTheWay.append(DiskEffect.Name(directory: directory, name: Array(name), number: next))
            directory = next
        }
        for effect in undecided {
            guard case .names(let names) = effect else {
                if effect.places.contains(number) { return false }
                continue
            }
            for name in names {
                if onTheWay.contains(where: { $0.directory == name.directory && $0.name == name.name }) { return false }
            }
        }
        return true
    }
}
