import CSystem

/// How this process gets its memory from the system.
package enum Allocator {
    /// Keeps what is freed for the next use, up to a bound. Chunks of half a megabyte come and go all the time, and by default
    /// each gets fresh pages, which the system has to find, clear and map. Call it before any other thread runs.
    package static func reusesFreedMemory() {
        quloud_keep_freed_memory()
    }
}
