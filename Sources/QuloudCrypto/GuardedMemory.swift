import CSodium
import Synchronization

/// Memory for secrets, from libsodium: between guard pages, locked, left out of core dumps.
///
/// An allocation there takes four mappings and as many system calls, and a process has some 65,000 mappings. So secrets of
/// up to a slot's size live in slabs, each one such allocation; what is freed is zeroed at once and used again.
enum GuardedMemory {
    private static let slotSize = 64
    private static let slotsPerSlab = 256

    /// A free slot.
    private struct Slot: @unchecked Sendable {
        // SAFETY: within a slab, which is never freed; whoever took the slot out of the list owns it alone.
        let start: UnsafeMutableRawPointer
    }
    private static let free = Mutex<[Slot]>([])

    /// `count` bytes, all zero. Traps only if the system has no memory left.
    static func take(_ count: Int) -> UnsafeMutableRawPointer {
        guard count <= slotSize else { return allocate(count) }
        return free.withLock { slots -> Slot in
            if let slot = slots.popLast() { return slot }
            let slab = allocate(slotSize * slotsPerSlab)
            slots = (1..<slotsPerSlab).map { Slot(start: slab + $0 * slotSize) }
            return Slot(start: slab)
        }.start
    }

    /// - Parameter count: what it was taken with.
    static func giveBack(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
        guard count <= slotSize else { return sodium_free(pointer) }
        sodium_memzero(pointer, slotSize)
        let slot = Slot(start: pointer)
        free.withLock { $0.append(slot) }
    }

    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        Sodium.require()
        guard let memory = sodium_malloc(count) else { preconditionFailure("secret memory: allocation failed") }
        sodium_memzero(memory, count)
        return memory
    }
}
