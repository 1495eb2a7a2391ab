import Glibc

extension [UInt8] {
    /// True when `other` occurs somewhere in these bytes.
    func finds(_ other: [UInt8]) -> Bool {
        guard let first = other.first else { return false }
        return withUnsafeBytes { here in
            other.withUnsafeBytes { wanted in
                guard let wantedBase = wanted.baseAddress else { return false }
                var rest = here[...]
                while rest.count >= wanted.count, let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress {
                    guard let hit = memchr(base, Int32(first), rest.count - wanted.count + 1) else { return false }
                    if memcmp(hit, wantedBase, wanted.count) == 0 { return true }
                    rest = rest.dropFirst(UnsafeRawPointer(hit) - base + 1)
                }
                return false
            }
        }
    }
}
