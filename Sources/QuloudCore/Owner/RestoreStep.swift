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
        switch self {
        case .directory, .hardLink, .write, .end: 1024
        case .finishDirectory(_, let attributes), .symlink(_, let attributes, _), .small(_, let attributes, _, _),
            .begin(_, let attributes, _):
            1024 + attributes.xattrs.reduce(0) { $0 + $1.name.count + $1.value.count }
        }
    }
}
