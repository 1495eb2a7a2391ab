/// What a file system says of an entry besides its content.
package struct EntryAttributes: Sendable, Equatable {
    /// Permission bits with set-uid, set-gid and sticky: the low 12 bits of `st_mode`.
    package var mode: UInt16
    package var user: UInt32
    package var group: UInt32
    package var modifiedSeconds: Int64
    /// 0 ..< 1,000,000,000.
    package var modifiedNanoseconds: UInt32
    /// Extended attributes, in order of name.
    package var xattrs: [ExtendedAttribute]

    package init(
        mode: UInt16, user: UInt32, group: UInt32, modifiedSeconds: Int64, modifiedNanoseconds: UInt32,
        xattrs: [ExtendedAttribute] = []
    ) {
        self.mode = mode
        self.user = user
        self.group = group
        self.modifiedSeconds = modifiedSeconds
        self.modifiedNanoseconds = modifiedNanoseconds
        self.xattrs = xattrs
    }
}

package struct ExtendedAttribute: Sendable, Equatable {
    package let name: [UInt8]
    package let value: [UInt8]
    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// Tells whether a file is still the one that was read: unchanged stamp, unchanged content.
package struct FileStamp: Sendable, Equatable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    package var modifiedSeconds: Int64
    package var modifiedNanoseconds: UInt32
    package var changedSeconds: Int64
    package var changedNanoseconds: UInt32
    /// Hard links to the inode.
    package var links: UInt32

    package init(
        device: UInt64, inode: UInt64, size: Int64, modifiedSeconds: Int64, modifiedNanoseconds: UInt32,
        changedSeconds: Int64, changedNanoseconds: UInt32, links: UInt32
    ) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modifiedSeconds = modifiedSeconds
        self.modifiedNanoseconds = modifiedNanoseconds
        self.changedSeconds = changedSeconds
        self.changedNanoseconds = changedNanoseconds
        self.links = links
    }
}

/// One name found in a source directory.
package struct SourceEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file
        case directory
        case symlink(target: [UInt8])
        /// FIFO, socket or device: noted and skipped.
        case special(String)
    }
    package let name: [UInt8]
    package let kind: Kind
    package let attributes: EntryAttributes
    package let stamp: FileStamp
    /// What could not be read of the attributes; they are kept without it.
    package let note: String?

    package init(name: [UInt8], kind: Kind, attributes: EntryAttributes, stamp: FileStamp, note: String? = nil) {
        self.name = name
        self.kind = kind
        self.attributes = attributes
        self.stamp = stamp
        self.note = note
    }
}
