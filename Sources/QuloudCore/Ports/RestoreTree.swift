/// Writes a restored tree below one folder. Nothing outside that folder is ever touched, whatever the names or the
/// symbolic links restored before: every name is opened relative to its parent without following links.
///
/// Nothing appears under its final name before it is whole. Existing entries are refused with `.exists` unless the tree
/// was opened to overwrite; an existing directory is entered in either case.
package protocol RestoreTree: Sendable {
    func makeDirectory(_ path: TreePath) async throws(TreeError)
    func makeSymlink(_ path: TreePath, target: [UInt8], attributes: EntryAttributes) async throws(TreeError) -> [String]
    /// Links `path` to the file restored at `original`.
    func makeHardLink(_ path: TreePath, to original: TreePath) async throws(TreeError)
    /// Starts a file under a temporary name. Parents must exist.
    func makeFile(_ path: TreePath) async throws(TreeError) -> any RestoreFile
    /// Small files at once, in order; the same as `makeFile`, `write`, `finish` for each.
    func makeFiles(_ files: [SmallFile]) async -> [Result<[String], TreeError>]
    /// Sets a directory's attributes, after everything in it. Returns notes on what the system did not permit.
    func finishDirectory(_ path: TreePath, attributes: EntryAttributes) async throws(TreeError) -> [String]
    /// Makes everything restored so far durable.
    func sync() async throws(TreeError)
}

package struct SmallFile: Sendable {
    package let path: TreePath
    package let content: [UInt8]
    package let attributes: EntryAttributes
    package init(path: TreePath, content: [UInt8], attributes: EntryAttributes) {
        self.path = path
        self.content = content
        self.attributes = attributes
    }
}

/// A file being restored. Released without `finish`, it leaves nothing behind.
package protocol RestoreFile: Sendable {
    /// Holes between writes stay holes.
    func write(_ bytes: [UInt8], from start: Int, count: Int, at offset: Int64) async throws(TreeError)
    /// Sets size and attributes, then gives the file its name. Returns notes on what the system did not permit.
    func finish(size: Int64, attributes: EntryAttributes) async throws(TreeError) -> [String]
}
