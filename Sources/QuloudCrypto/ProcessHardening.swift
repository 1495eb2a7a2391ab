import CSodium

/// Keeps the process's memory out of files and away from debuggers of the same user.
package enum ProcessHardening {
    /// No core files, not dumpable. Call once, early. False if the system refused, which deserves a warning.
    @discardableResult
    package static func apply() -> Bool { quloud_forbid_dumps() == 0 }
}
