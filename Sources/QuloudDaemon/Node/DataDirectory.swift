import Glibc
import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudSystem

/// Where a node keeps what it owns. One process at a time works in it.
package struct DataDirectory: Sendable {
    let path: String

    package init(path: String) { self.path = path }

    var nodeKey: String { path + "/node.key" }
    var ownerKey: String { path + "/owner.key" }
    package var index: String { path + "/index.sqlite" }
    package var catalog: String { path + "/catalog.sqlite" }
    var broker: String { path + "/broker" }
    /// There while an owner is being recovered: until it is gone, key and catalog are half of one.
    var recoveryMark: String { path + "/recovery" }
    /// There while the index is being made anew from the blobs: until it is gone, the index is half of one.
    var rebuildMark: String { path + "/index.rebuild" }
    var indexClosed: ClosedMark { ClosedMark(path: path + "/index.closed") }
    var catalogClosed: ClosedMark { ClosedMark(path: path + "/catalog.closed") }
    var controlSocket: String { path + "/control.sock" }

    func blobs(_ holder: Configuration.Holder) -> String {
        holder.blobDirectory.isEmpty ? path + "/blobs" : holder.blobDirectory
    }

    /// Makes the directory and its parents, readable by this user alone.
    func create() throws(OperationFailure) {
        var made = ""
        for name in path.split(separator: "/") {
            made += "/" + name
            guard mkdir(made, 0o700) != 0, errno != EEXIST else { continue }
            throw OperationFailure(
                .failed, "cannot make directory \(made): \(String(cString: strerror(errno)))",
                hint: "choose another [node] data_dir, or make it and give it to this user")
        }
    }

    /// There is a node here: its key exists.
    var hasNode: Bool { access(nodeKey, F_OK) == 0 }
    var hasOwner: Bool { access(ownerKey, F_OK) == 0 }
    var hasCatalog: Bool { access(catalog, F_OK) == 0 }
    var hasIndex: Bool { access(index, F_OK) == 0 }
    /// The index is not whole yet.
    package var isRebuilding: Bool { access(rebuildMark, F_OK) == 0 }
    /// A recovery is under way, or was interrupted.
    var isRecovering: Bool { access(recoveryMark, F_OK) == 0 }

    func requireNode() throws(OperationFailure) {
        guard !hasNode else { return }
        throw OperationFailure(
            .noSuchStore, "there is no node in \(path)",
            hint: "quloud init makes one; quloud recover brings an owner back from its 24 words")
    }

    /// An index on a file system without working locks or durable writes loses data.
    func checkFileSystem(_ holder: Configuration.Holder) throws(OperationFailure) {
        guard !holder.allowUnsafeFilesystem else { return }
        for directory in [path, blobs(holder)] where access(directory, F_OK) == 0 {
            guard let kind = try? FileSystemKind.detect(at: Array(directory.utf8)), let reason = kind.unsafeForIndex
            else { continue }
            throw OperationFailure(
                .failed, "\(directory) is on \(kind): \(reason)",
                hint:
                    "put data_dir on a local disk, or set [holder] allow_unsafe_filesystem = true if you accept the risk"
            )
        }
    }
}

/// The node's and the owner's secrets on disk: one line that names the kind, one with 64 hexadecimal digits.
package enum SecretFile: String, CaseIterable, Sendable {
    case node = "quloud node key 1"
    case owner = "quloud owner key 1"

    func write(_ secret: SecretBytes, to path: String) throws {
        let hex = secret.withUnsafeBytes { Hex.encode(Array($0)) }
        try KeyFile.write(Array((rawValue + "\n" + hex + "\n").utf8), to: Array(path.utf8))
    }

    func read(_ path: String) throws -> SecretBytes {
        try secret(of: KeyFile.read(Array(path.utf8)), path: path)
    }

    /// The secret in the text of the file at `path`.
    package func secret(of text: [UInt8], path: String) throws(OperationFailure) -> SecretBytes {
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        guard lines.first.map(String.init) == rawValue else {
            throw OperationFailure(
                .wrongKey, "\(path) is not a \(rawValue) file", hint: "put back the key file that belongs there")
        }
        guard lines.count == 2, let key = Bytes32(hex: String(lines[1])) else {
            throw OperationFailure(
                .wrongKey, "\(path) is damaged: its key cannot be read",
                hint: self == .owner
                    ? "move it away and run quloud recover with the 24 words" : "put it back from a backup")
        }
        return SecretBytes(copying: key)
    }
}
