import CFaultDisk
import Glibc

/// What a simulated disk knows: the model, the open descriptors, the faults in force and the log.
struct DiskVolume {
    private struct Open {
        let number: DiskTree.Number
        let path: [UInt8]
    }

    /// The number under which calls come from C.
    let disk: Int32
    /// Holds one folder for each time that the power was cut.
    let base: [UInt8]
    var generation = 0
    var model: DiskModel
    var faults: [DiskFault] = []
    var operations: [DiskOperation] = []
    var counts: [DiskOperation.Kind: Int] = [:]
    var struck: [DiskOperation.Kind: Int] = [:]
    var injected: [String: Int] = [:]
    var tornWrites = 0
    let isRecording: Bool
    private var opened: [Int32: Open] = [:]
    /// Files that are mapped and never synced: their content is not followed.
    private var volatile: Set<DiskTree.Number> = []
    private var pruneAt = 1000

    init(disk: Int32, base: [UInt8], model: DiskModel, isRecording: Bool) {
        self.disk = disk
        self.base = base
        self.model = model
        self.isRecording = isRecording
    }

    var folder: String { String(decoding: base, as: UTF8.self) + "/\(generation)" }

    /// Goes on with `tree`; whoever still uses the old folder gets nothing but errors.
    mutating func restart(with tree: DiskTree) {
        generation += 1
        model = DiskModel(tree)
        opened = [:]
        volatile = []
        operations = []
    }

    // MARK: Finding what a call is about

    private enum Place {
        /// A directory and a name in it, which may be taken.
        case name(DiskTree.Number, [UInt8])
        /// The folder itself, or what a descriptor stands for.
        case itself(DiskTree.Number)
        /// In a directory that is not there: the system will say so.
        case nowhere
    }

    /// Where `path` leads, and the same for people. `nil` when that is not on this disk any more.
    private func place(_ descriptor: Int32, _ path: UnsafePointer<CChar>?) -> (place: Place, text: [UInt8])? {
        var directory = DiskTree.root
        var prefix: [UInt8] = []
        var rest = path.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
        if rest.first == UInt8(ascii: "/") {
            let start = Array(folder.utf8)
            guard rest.starts(with: start), rest.count == start.count || rest[start.count] == UInt8(ascii: "/") else {
                return nil
            }
            rest.removeFirst(start.count)
        } else {
            guard let open = opened[descriptor] else { return nil }
            directory = open.number
            prefix = open.path
        }
        let names = rest.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }.map(Array.init)
        guard let last = names.last else { return (.itself(directory), prefix) }
        for name in names.dropLast() {
            guard let next = model.live.child(name, of: directory) else { return (.nowhere, rest) }
            directory = next
        }
        let text = ([prefix] + names).filter { !$0.isEmpty }.joined(separator: [UInt8(ascii: "/")])
        return (.name(directory, last), Array(text))
    }

    private func number(_ place: Place) -> DiskTree.Number? {
        switch place {
        case .name(let directory, let name): model.live.child(name, of: directory)
        case .itself(let number): number
        case .nowhere: nil
        }
    }
}

// MARK: - Carrying calls out

extension DiskVolume {
    /// Makes the call, or lets it fail, and logs it. Returns its result, or a negative `errno`.
    mutating func carryOut(_ call: inout quloud_disk_call) -> Int {
        switch quloud_disk_kind(UInt32(call.kind)) {
        case QULOUD_DISK_OPEN: open(&call)
        case QULOUD_DISK_CLOSE: close(&call)
        case QULOUD_DISK_WRITE: write(&call)
        case QULOUD_DISK_RESIZE: size(&call, .resize)
        case QULOUD_DISK_ALLOCATE: size(&call, .allocate)
        case QULOUD_DISK_SYNC, QULOUD_DISK_SYNC_DATA, QULOUD_DISK_SYNC_ALL: sync(&call)
        case QULOUD_DISK_RENAME: rename(&call)
        case QULOUD_DISK_LINK: link(&call)
        case QULOUD_DISK_SYMLINK: symlink(&call)
        case QULOUD_DISK_UNLINK: unlink(&call)
        case QULOUD_DISK_MAKE_DIRECTORY: makeDirectory(&call)
        case QULOUD_DISK_MODE: mode(&call)
        default: Int(-ENOSYS)
        }
    }

    /// What most calls have in common: a fault, the call for real, its effect, the log.
    private mutating func make(
        _ kind: DiskOperation.Kind, _ path: [UInt8], _ call: inout quloud_disk_call,
        _ steps: (inout DiskVolume, Int) -> [DiskStep]
    ) -> Int {
        let text = String(decoding: path, as: UTF8.self)
        counts[kind, default: 0] += 1
        var result: Int?
        for index in faults.indices {
            guard let effect = faults[index].strikes(kind, text) else { continue }
            switch effect {
            case .fail(let code): result = Int(-code)
            case .shortWrite where kind == .write && call.count > 1: call.count /= 2
            case .shortWrite: continue
            }
            struck[kind, default: 0] += 1
            injected["\(effect) on \(kind.rawValue)", default: 0] += 1
            break
        }
        // A descriptor is closed whatever closing reports, and syncing is the model's.
        if kind == .close { _ = quloud_disk_execute(&call) }
        let isDone = kind == .close || kind == .sync
        let outcome = result ?? (isDone ? 0 : Int(quloud_disk_execute(&call)))
        let made = steps(&self, outcome)
        for step in made { model.apply(step) }
        if isRecording {
            operations.append(
                DiskOperation(
                    kind: kind, path: text, count: kind == .write ? max(0, outcome) : 0,
                    error: outcome < 0 ? Int32(-outcome) : 0, steps: made))
        }
        return outcome
    }

    private mutating func open(_ call: inout quloud_disk_call) -> Int {
        guard let (place, path) = place(call.descriptor, call.path) else { return Int(-EIO) }
        let isUnnamed = call.flags & quloud_disk_unnamed_flag == quloud_disk_unnamed_flag
        let known = isUnnamed ? nil : number(place)
        let creates = isUnnamed || (known == nil && call.flags & O_CREAT != 0)
        let flags = call.flags
        let mode = call.mode
        var number = known
        let result = make(creates ? .create : .open, path, &call) { volume, result in
            guard result >= 0 else { return [] }
            guard let known else {
                guard creates else { return [] }
                let new = volume.model.newNumber()
                number = new
                let made = DiskStep.make(new, DiskTree.Node(content: .file([]), mode: mode & ~quloud_disk_umask()))
                guard case .name(let directory, let name) = place, !isUnnamed else { return [made] }
                return [made, .effect(.names([.init(directory: directory, name: name, number: new)]))]
            }
            guard flags & O_TRUNC != 0, case .file(let bytes)? = volume.model.live.nodes[known]?.content, !bytes.isEmpty
            else { return [] }
            return [.effect(.resize(known, size: 0))]
        }
        if result >= 0, let number {
            opened[Int32(result)] = Open(number: number, path: path)
            quloud_disk_adopt(Int32(result), disk)
            if path.suffix(4).elementsEqual("-shm".utf8) { volatile.insert(number) }
        }
        return result
    }

    private mutating func close(_ call: inout quloud_disk_call) -> Int {
        let path = opened.removeValue(forKey: call.descriptor)?.path
        guard let path else { return quloud_disk_execute(&call) }
        return make(.close, path, &call) { _, _ in [] }
    }

    private mutating func write(_ call: inout quloud_disk_call) -> Int {
        guard let open = opened[call.descriptor] else { return Int(-EIO) }
        let offset = call.offset >= 0 ? Int(call.offset) : lseek(call.descriptor, 0, SEEK_CUR)
        let data = call.data
        return make(.write, open.path, &call) { volume, result in
            guard result > 0, !volume.volatile.contains(open.number) else { return [] }
            let bytes = [UInt8](UnsafeRawBufferPointer(start: data, count: result))
            return [.effect(.write(open.number, offset: offset, bytes: bytes))]
        }
    }

    private mutating func size(_ call: inout quloud_disk_call, _ kind: DiskOperation.Kind) -> Int {
        guard let open = opened[call.descriptor] else { return Int(-EIO) }
        let size = Int(call.offset)
        return make(kind, open.path, &call) { volume, result in
            guard result >= 0, !volume.volatile.contains(open.number),
                case .file(let bytes)? = volume.model.live.nodes[open.number]?.content,
                kind == .resize ? size != bytes.count : size > bytes.count
            else { return [] }
            return [.effect(.resize(open.number, size: size))]
        }
    }

    private mutating func sync(_ call: inout quloud_disk_call) -> Int {
        guard let open = opened[call.descriptor] else { return Int(-EIO) }
        let kind = quloud_disk_kind(UInt32(call.kind))
        let result = make(.sync, open.path, &call) { volume, result in
            // What was interrupted has not failed: it is still to be written.
            guard result != Int(-EINTR) else { return [] }
            guard kind != QULOUD_DISK_SYNC_ALL else { return result < 0 ? [] : [.syncAll] }
            return [
                result < 0 ? .failedSync(open.number) : .sync(open.number, dataOnly: kind == QULOUD_DISK_SYNC_DATA)
            ]
        }
        if model.pendingCount > pruneAt {
            model.prune(keeping: Set(opened.values.map(\.number)))
            pruneAt = max(1000, model.pendingCount * 2)
        }
        return result
    }

    private mutating func mode(_ call: inout quloud_disk_call) -> Int {
        guard let open = opened[call.descriptor] else { return Int(-EIO) }
        let mode = call.mode
        return make(.mode, open.path, &call) { volume, result in
            guard result >= 0, volume.model.live.nodes[open.number]?.mode != mode else { return [] }
            return [.effect(.mode(open.number, mode))]
        }
    }
}

// MARK: - Names

extension DiskVolume {
    /// A new node under a new name, if the call succeeds.
    private mutating func makeNamed(
        _ kind: DiskOperation.Kind, _ place: (place: Place, text: [UInt8])?, _ node: DiskTree.Node,
        _ call: inout quloud_disk_call
    ) -> Int {
        guard let place else { return Int(-EIO) }
        return make(kind, place.text, &call) { volume, result in
            guard result >= 0, case .name(let directory, let name) = place.place else { return [] }
            let new = volume.model.newNumber()
            return [.make(new, node), .effect(.names([.init(directory: directory, name: name, number: new)]))]
        }
    }

    private mutating func makeDirectory(_ call: inout quloud_disk_call) -> Int {
        let node = DiskTree.Node(content: .directory([:]), mode: call.mode & ~quloud_disk_umask())
        return makeNamed(.makeDirectory, place(call.descriptor, call.path), node, &call)
    }

    private mutating func symlink(_ call: inout quloud_disk_call) -> Int {
        let target = call.path.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
        let node = DiskTree.Node(content: .symlink(target), mode: 0o777)
        return makeNamed(.symlink, place(call.other_descriptor, call.other_path), node, &call)
    }

    private mutating func unlink(_ call: inout quloud_disk_call) -> Int {
        guard let (place, path) = place(call.descriptor, call.path) else { return Int(-EIO) }
        return make(.remove, path, &call) { _, result in
            guard result >= 0, case .name(let directory, let name) = place else { return [] }
            return [.effect(.names([.init(directory: directory, name: name, number: nil)]))]
        }
    }

    private mutating func rename(_ call: inout quloud_disk_call) -> Int {
        guard let (old, _) = place(call.descriptor, call.path),
            let (new, path) = place(call.other_descriptor, call.other_path)
        else { return Int(-EIO) }
        let moved = number(old)
        let replaced = number(new)
        return make(.rename, path, &call) { _, result in
            guard result >= 0, moved != replaced, case .name(let from, let oldName) = old,
                case .name(let to, let newName) = new
            else { return [] }
            return [
                .effect(
                    .names([
                        .init(directory: from, name: oldName, number: nil),
                        .init(directory: to, name: newName, number: moved),
                    ]))
            ]
        }
    }

    private mutating func link(_ call: inout quloud_disk_call) -> Int {
        guard let (new, path) = place(call.other_descriptor, call.other_path) else { return Int(-EIO) }
        let linked = source(of: call)
        return make(.link, path, &call) { _, result in
            guard result >= 0, case .name(let directory, let name) = new, let linked else { return [] }
            return [.effect(.names([.init(directory: directory, name: name, number: linked)]))]
        }
    }

    /// A file that has no name yet is linked by way of its descriptor.
    private func source(of call: quloud_disk_call) -> DiskTree.Number? {
        let path = call.path.map { String(cString: $0) } ?? ""
        let descriptors = "/proc/self/fd/"
        if path.isEmpty { return opened[call.descriptor]?.number }
        if path.hasPrefix(descriptors) {
            return Int32(path.dropFirst(descriptors.count)).flatMap { opened[$0]?.number }
        }
        return place(call.descriptor, call.path).flatMap { number($0.place) }
    }
}
