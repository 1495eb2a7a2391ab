import Glibc
import QuloudCore
import QuloudSystem

extension FileStatus {
    var stamp: FileStamp {
        FileStamp(
            device: device, inode: inode, size: size, modifiedSeconds: modifiedSeconds,
            modifiedNanoseconds: modifiedNanoseconds, changedSeconds: changedSeconds,
            changedNanoseconds: changedNanoseconds, links: links)
    }
}

/// Describes names in an open directory.
enum SourceEntries {
    /// What the directory holds, in order of the names' bytes. What vanishes meanwhile is left out.
    static func all(in directory: FileDescriptor) throws(Errno) -> [SourceEntry] {
        var entries: [SourceEntry] = []
        for name in try directory.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            do {
                entries.append(try entry(name, in: directory))
            } catch  where error.code == ENOENT {
                continue
            }
        }
        return entries
    }

    /// - Parameter shownName: the name of the entry told, where it differs from the one looked up.
    static func entry(
        _ name: [UInt8], in directory: FileDescriptor, as shownName: [UInt8]? = nil
    ) throws(Errno) -> SourceEntry {
        let status = try directory.status(of: name)
        var notes: [String] = []
        let kind: SourceEntry.Kind
        switch status.kind {
        case .file: kind = .file
        case .directory: kind = .directory
        case .symlink: kind = .symlink(target: try directory.target(of: name))
        case .fifo: kind = .special("FIFO")
        case .socket: kind = .special("socket")
        case .characterDevice: kind = .special("character device")
        case .blockDevice: kind = .special("block device")
        case .unknown: kind = .special("unknown kind")
        }
        var xattrs: [ExtendedAttribute] = []
        if case .special = kind {} else { xattrs = Self.xattrs(of: name, in: directory, &notes) }
        let attributes = EntryAttributes(
            mode: status.permissions, user: status.user, group: status.group, modifiedSeconds: status.modifiedSeconds,
            modifiedNanoseconds: status.modifiedNanoseconds, xattrs: xattrs)
        return SourceEntry(
            name: shownName ?? name, kind: kind, attributes: attributes, stamp: status.stamp,
            note: notes.isEmpty ? nil : notes.joined(separator: "; "))
    }

    private static func xattrs(
        of name: [UInt8], in directory: FileDescriptor, _ notes: inout [String]
    ) -> [ExtendedAttribute] {
        var names: [[UInt8]]
        do {
            names = try directory.xattrNames(of: name)
        } catch {
            notes.append("extended attributes left out: \(error)")
            return []
        }
        guard !names.isEmpty else { return [] }
        names.sort { $0.lexicographicallyPrecedes($1) }
        if names.count > Limits.xattrsPerEntryMax {
            notes.append("\(names.count - Limits.xattrsPerEntryMax) extended attributes too many left out")
            names.removeLast(names.count - Limits.xattrsPerEntryMax)
        }
        var xattrs: [ExtendedAttribute] = []
        for attribute in names {
            let text = String(decoding: attribute, as: UTF8.self)
            do {
                let value = try directory.xattr(attribute, of: name, sizeMax: Limits.xattrValueSizeMax)
                if let value {
                    xattrs.append(ExtendedAttribute(name: attribute, value: value))
                } else {
                    notes.append("extended attribute \(text) left out: gone or too long")
                }
            } catch {
                notes.append("extended attribute \(text) left out: \(error)")
            }
        }
        return xattrs
    }
}
