/// A change that a file call made, to be lost unless something makes it durable.
package enum DiskEffect: Sendable, Equatable {
    case write(DiskTree.Number, offset: Int, bytes: [UInt8])
    case resize(DiskTree.Number, size: Int)
    case mode(DiskTree.Number, UInt32)
    /// Names that come and go together: one for creating and removing, two for renaming.
    case names([Name])

    package struct Name: Sendable, Equatable {
        package let directory: DiskTree.Number
        package let name: [UInt8]
        /// `nil` when the name goes.
        package let number: DiskTree.Number?
    }

    /// The files and directories that have to be synced to make it durable.
    var places: Set<DiskTree.Number> {
        switch self {
        case .write(let number, _, _), .resize(let number, _), .mode(let number, _): [number]
        case .names(let names): Set(names.map(\.directory))
        }
    }

    /// Whether `fdatasync` leaves it out.
    var isMetadata: Bool {
        if case .mode = self { true } else { false }
    }
}

/// What a power cut makes of an effect that is not durable.
package enum DiskFate: Sendable, Hashable {
    case kept
    case lost
    /// Of a write only every sector survives whose bit is set, counted from the file's start and repeating after 64.
    case torn(sector: Int, mask: UInt64)
    /// A write's new size survives, and none of its bytes: what was not there before is zero.
    case sizeOnly
}

extension DiskTree {
    mutating func apply(_ effect: DiskEffect, _ fate: DiskFate = .kept) {
        guard fate != .lost else { return }
        switch effect {
        case .write(let number, let offset, let bytes):
            changeFile(number) { Self.write(bytes, at: offset, into: &$0, fate) }
        case .resize(let number, let size):
            changeFile(number) { Self.resize(&$0, to: size) }
        case .mode(let number, let mode):
            nodes[number]?.mode = mode
        case .names(let names):
            for name in names { set(name.name, in: name.directory, to: name.number) }
        }
    }

    private static func resize(_ bytes: inout [UInt8], to size: Int) {
        if size < bytes.count {
            bytes.removeLast(bytes.count - size)
        } else {
            bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
        }
    }

    private static func write(_ new: [UInt8], at offset: Int, into bytes: inout [UInt8], _ fate: DiskFate) {
        let end = offset + new.count
        if end > bytes.count { resize(&bytes, to: end) }
        switch fate {
        case .lost, .sizeOnly: return
        case .kept: bytes.replaceSubrange(offset..<end, with: new)
        case .torn(let sector, let mask):
            var position = offset
            while position < end {
                let next = min(end, (position / sector + 1) * sector)
                if mask >> UInt64(position / sector % 64) & 1 == 1 {
                    bytes.replaceSubrange(position..<next, with: new[(position - offset)..<(next - offset)])
                }
                position = next
            }
        }
    }
}
