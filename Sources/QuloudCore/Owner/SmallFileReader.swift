/// Reads the small files of a directory ahead, many in one go.
actor SmallFileReader {
    private let tree: any SourceTree
    private let directory: SystemPath
    private let entries: [SourceEntry]
    private let sizeMax: Int
    private let unchanged: Set<Int>
    private var read: [Int: Result<[UInt8], TreeError>] = [:]

    init(tree: any SourceTree, directory: SystemPath, entries: [SourceEntry], sizeMax: Int, unchanged: Set<Int>) {
        self.tree = tree
        self.directory = directory
        self.entries = entries
        self.sizeMax = sizeMax
        self.unchanged = unchanged
    }

    func content(at index: Int) async -> Result<[UInt8], TreeError> {
        if let ready = read.removeValue(forKey: index) { return ready }
        var batch = [index]
        var bytes = entries[index].stamp.size
        var next = index + 1
        while next < entries.count, batch.count < 64, bytes < 1 << 20 {
            let entry = entries[next]
            if entry.kind == .file, entry.stamp.size <= sizeMax, !unchanged.contains(next) {
                batch.append(next)
                bytes += entry.stamp.size
            }
            next += 1
        }
        let contents = await tree.read(batch.map { entries[$0] }, in: directory)
        for (position, content) in zip(batch, contents) { read[position] = content }
        return read.removeValue(forKey: index) ?? .failure(TreeError(.failed, "could not be read"))
    }
}
