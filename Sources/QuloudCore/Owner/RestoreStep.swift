/// One step of a restore, in the order of the manifest.
enum RestoreStep: Sendable {
    case directory(TreePath)
    case finishDirectory(TreePath, EntryAttributes)
    case symlink(TreePath, EntryAttributes, target: [UInt8])
    case hardLink(TreePath, original: TreePath)
    case small(TreePath, EntryAttributes, size: Int64, [(segment: Segment, chunk: FetchedChunk)])
    case begin(TreePath, EntryAttributes, size: Int64)
    case write(Segment, FetchedChunk)
    case end

    /// About how many bytes it takes in memory, without the content of files.
    var footprint: Int {
        let variable =
            switch self {
            case .write, .end: 0
            case .directory(let path): path.bytes.count
            case .hardLink(let path, let original): path.bytes.count + original.bytes.count
            case .finishDirectory(let path, let attributes), .small(let path, let attributes, _, _),
                .begin(let path, let attributes, _):
                path.bytes.count + attributes.xattrSize
            case .symlink(let path, let attributes, let target):
                path.bytes.count + attributes.xattrSize + target.count
            }
        return 1024 + variable
    }
}

extension EntryAttributes {
    fileprivate var xattrSize: Int { xattrs.reduce(0) { $0 + $1.name.count + $1.value.count } }
}
