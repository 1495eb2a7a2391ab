import Glibc
import QuloudCore
import QuloudSystem

/// Sets what a file system says of an entry besides its content. What the system does not permit becomes a note.
struct AttributeWriter {
    enum Target {
        /// A file or directory.
        case open(FileDescriptor)
        case symlink([UInt8], in: FileDescriptor)
    }

    private let target: Target
    private let attributes: EntryAttributes
    private var notes: [String] = []

    /// Returns the notes.
    static func apply(_ attributes: EntryAttributes, to target: Target) -> [String] {
        var writer = AttributeWriter(target: target, attributes: attributes)
        // A change of owner clears set-uid bits and capabilities, so it comes first. Extended attributes need the right
        // to write, which the mode may take away. Times come last, as everything else may touch them.
        let mode = writer.setOwner()
        writer.setXattrs()
        writer.setMode(mode)
        writer.setTime()
        return writer.notes
    }

    private init(target: Target, attributes: EntryAttributes) {
        self.target = target
        self.attributes = attributes
    }

    /// Returns the mode to set: without set-uid and set-gid for an owner that it was not meant for.
    private mutating func setOwner() -> UInt16 {
        // Mostly they are the same, and looking is cheaper than setting.
        if let now = try? status(), now.user == attributes.user, now.group == attributes.group {
            return attributes.mode
        }
        do {
            try setOwner(user: attributes.user, group: attributes.group)
            return attributes.mode
        } catch {
            return fallBack(error)
        }
    }

    private mutating func fallBack(_ error: Errno) -> UInt16 {
        // The group alone may be permitted.
        try? setOwner(user: nil, group: attributes.group)
        guard let now = try? status() else {
            notes.append("\(error)")
            return attributes.mode & 0o1777
        }
        var mode = attributes.mode
        var missed: [String] = []
        if now.user != attributes.user {
            missed.append("user \(attributes.user)")
            mode &= ~UInt16(S_ISUID)
        }
        if now.group != attributes.group {
            missed.append("group \(attributes.group)")
            mode &= ~UInt16(S_ISGID)
        }
        if !missed.isEmpty { notes.append("not given to \(missed.joined(separator: " and ")): \(error.message)") }
        if mode != attributes.mode { notes.append("set-uid or set-gid bit dropped, as the owner is another") }
        return mode
    }

    private mutating func setXattrs() {
        for xattr in attributes.xattrs {
            do {
                switch target {
                case .open(let file): try file.setXattr(xattr.name, xattr.value)
                case .symlink(let name, let directory): try directory.setXattr(xattr.name, xattr.value, of: name)
                }
            } catch {
                let name = String(decoding: xattr.name, as: UTF8.self)
                notes.append("extended attribute \(name) not set: \(error.message)")
            }
        }
    }

    private mutating func setMode(_ mode: UInt16) {
        guard case .open(let file) = target else { return }
        do {
            try file.setPermissions(mode)
        } catch {
            notes.append("mode not set: \(error.message)")
        }
    }

    private mutating func setTime() {
        let seconds = attributes.modifiedSeconds
        let nanoseconds = attributes.modifiedNanoseconds
        do {
            switch target {
            case .open(let file): try file.setModified(seconds: seconds, nanoseconds: nanoseconds)
            case .symlink(let name, let directory):
                try directory.setModified(of: name, seconds: seconds, nanoseconds: nanoseconds)
            }
        } catch {
            notes.append("time not set: \(error.message)")
        }
    }

    private func setOwner(user: UInt32?, group: UInt32?) throws(Errno) {
        switch target {
        case .open(let file): try file.setOwner(user: user, group: group)
        case .symlink(let name, let directory): try directory.setOwner(of: name, user: user, group: group)
        }
    }

    private func status() throws(Errno) -> FileStatus {
        switch target {
        case .open(let file): try file.status()
        case .symlink(let name, let directory): try directory.status(of: name)
        }
    }
}
