import Glibc

/// A file call on a simulated disk, as it was logged.
package struct DiskOperation: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// Opening what is there.
        case open
        case create, close, write, resize, allocate, sync, rename, link, symlink, remove
        case makeDirectory, mode

        /// Whether a crash before and after it can differ.
        var isChange: Bool { self != .open && self != .close }
    }

    package let kind: Kind
    /// Relative to the disk's folder; of a link or a rename the new name.
    package let path: String
    /// Bytes of a write.
    package let count: Int
    /// `errno` when it failed.
    package let error: Int32
    /// What it did.
    package let steps: [DiskStep]

    package var description: String {
        "\(kind.rawValue) \(path)" + (count > 0 ? " (\(count) bytes)" : "") + (error != 0 ? " failed: \(error)" : "")
    }
}

/// Makes calls of some kinds fail.
package struct DiskFault: Sendable {
    package enum Effect: Sendable, CustomStringConvertible {
        /// The call does nothing and fails with this `errno`.
        case fail(Int32)
        /// A write of more than one byte writes only half of it.
        case shortWrite

        package var description: String {
            switch self {
            case .fail(EIO): "EIO"
            case .fail(ENOSPC): "ENOSPC"
            case .fail(let code): "error \(code)"
            case .shortWrite: "short write"
            }
        }
    }

    package let kinds: Set<DiskOperation.Kind>
    package let effect: Effect
    /// Part of the path that a call has to have; empty for any.
    package let path: String
    /// Calls that go through before it strikes.
    package var after: Int
    /// Calls that it strikes; `nil` for every one.
    package var times: Int?

    package init(
        _ kinds: Set<DiskOperation.Kind>, _ effect: Effect, path: String = "", after: Int = 0, times: Int? = 1
    ) {
        self.kinds = kinds
        self.effect = effect
        self.path = path
        self.after = after
        self.times = times
    }

    /// Counts a call; returns what becomes of it.
    mutating func strikes(_ kind: DiskOperation.Kind, _ path: String) -> Effect? {
        guard kinds.contains(kind), self.path.isEmpty || path.contains(self.path), times != 0 else { return nil }
        guard after == 0 else {
            after -= 1
            return nil
        }
        times = times.map { $0 - 1 }
        return effect
    }
}
