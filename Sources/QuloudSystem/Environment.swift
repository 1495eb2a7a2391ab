// The C declaration of `environ` is a plain global variable.
@preconcurrency import Glibc

/// The variables that this process was started with.
package enum Environment {
    /// All variables; of a name that comes twice, the first. Bytes that are not UTF-8 are replaced.
    package static func all() -> [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(decoding: UnsafeRawBufferPointer(start: entry, count: strlen(entry)), as: UTF8.self)
            if let equals = text.firstIndex(of: "=") {
                let name = String(text[..<equals])
                if result[name] == nil { result[name] = String(text[text.index(after: equals)...]) }
            }
            next += 1
        }
        return result
    }
}
