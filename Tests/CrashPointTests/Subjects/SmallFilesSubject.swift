import QuloudFiles
import QuloudSystem
import QuloudTestKit

/// Keys, which are written once and for their owner's eyes only, and small files that are replaced.
struct SmallFilesSubject: CrashSubject {
    static let name = "keys, settings"

    func open(_ folder: String) async throws -> String { folder }

    func script() -> [CrashAction<String>] {
        [key("node.key", 64), settings(100), key("owner.key", 32), settings(9000), settings(0), newKey("node.key", 48)]
    }

    private func key(_ name: String, _ count: Int) -> CrashAction<String> {
        let bytes = Array(repeating: UInt8(count), count: count)
        return CrashAction(CrashChange([name: [bytes]])) { folder, _ in
            try KeyFile.write(bytes, to: Array("\(folder)/\(name)".utf8))
        }
    }

    private func newKey(_ name: String, _ count: Int) -> CrashAction<String> {
        let bytes = Array(repeating: UInt8(count), count: count)
        return CrashAction(CrashChange([name: [bytes]])) { folder, _ in
            try KeyFile.write(bytes, to: Array("\(folder)/\(name)".utf8), replacing: true)
        }
    }

    private func settings(_ count: Int) -> CrashAction<String> {
        let bytes = Array(repeating: UInt8(7), count: count)
        return CrashAction(CrashChange(["settings": [bytes]])) { folder, _ in
            try AtomicFile.write(bytes, to: Array("\(folder)/settings".utf8))
        }
    }

    func recover(_ folder: String) async throws -> CrashLedger.Values {
        var found: CrashLedger.Values = [:]
        for name in ["node.key", "owner.key"] { found[name] = try Self.key("\(folder)/\(name)") }
        found["settings"] = try AtomicFile.read(Array("\(folder)/settings".utf8), sizeMax: 100_000)
        return found
    }

    private static func key(_ path: String) throws(KeyFileError) -> [UInt8]? {
        do {
            return try KeyFile.read(Array(path.utf8))
        } catch {
            guard error.kind == .missing else { throw error }
            return nil
        }
    }
}
