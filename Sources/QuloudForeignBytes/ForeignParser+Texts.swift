import QuloudCore
import QuloudCrypto
import QuloudDaemon
import QuloudNATS

extension ForeignParser {
    /// What people write: configuration, words, keys, addresses, sizes.
    static let texts = [
        configuration, recoveryWords, keyFile, brokerAddress, listenAddress, byteSize, duration, treePath,
        excludePattern, hex, deliverySubject, serverVersion,
    ]

    /// A parser of text that need not be UTF-8.
    private static func text(
        _ name: String, _ samples: [String], _ parse: @escaping @Sendable (String) throws -> Verdict
    ) -> ForeignParser {
        ForeignParser(name) {
            samples.map { Array($0.utf8) }
        } parse: {
            try parse(String(decoding: $0, as: UTF8.self))
        }
    }

    private static let configuration = ForeignParser("configuration") {
        [
            Array(ConfigurationTemplate.render().utf8),
            Array("[node]\nlabel = \"a\"\n[owner]\nquorum = 3\nexclude=['a']\n".utf8),
            Array("holder.quota = \"20 GiB\"\nholder.x = [[1, {a = 1.5}], 1979-05-27]\n".utf8),
        ]
    } parse: { bytes in
        let file = ConfigurationFile(name: "node.toml", directory: "/etc", bytes: bytes)
        let paths = ConfigurationPaths(home: "/home/a", workingDirectory: "/", isRoot: false)
        do throws(ConfigurationError) {
            _ = try Configuration.resolve(file: file, paths: paths)
            return .taken
        } catch {
            return error.problems.isEmpty ? .broken("refused without a reason") : .refused
        }
    }

    private static let recoveryWords = ForeignParser("recovery-words") {
        let words = try RecoveryWords.encode(SecretBytes(copying: [UInt8](0..<32)))
        let numbered = words.enumerated().map { "\($0 + 1). \($1)" }
        return [Array(words.joined(separator: " ").utf8), Array(numbered.joined(separator: "\n").utf8)]
    } parse: { bytes in
        let words = TypedWords.parse(String(decoding: bytes, as: UTF8.self))
        let secret = try RecoveryWords.decode(words)
        return .promise(try RecoveryWords.encode(secret) == words, "other words for the same secret")
    }

    private static let keyFile = ForeignParser("key-file") {
        let hex = String(repeating: "0123456789abcdef", count: 4)
        return SecretFile.allCases.map { Array("\($0.rawValue)\n\(hex)\n".utf8) }
    } parse: { bytes in
        for kind in SecretFile.allCases {
            if let secret = try? kind.secret(of: bytes, path: "key") {
                return .promise(secret.count == 32, "a key of another length")
            }
        }
        return .refused
    }

    private static let brokerAddress = text(
        "broker-address", ["nats://a.b:4222", "tls://user:word@[::1]:1/x", "localhost"]
    ) { text in
        let address = try BrokerAddress(text)
        return .promise(!address.host.isEmpty && address.port > 0, "an address that leads nowhere")
    }

    private static let listenAddress = text("listen-address", ["127.0.0.1:0", "[::1]:4222", "a.b:1"]) { text in
        guard let address = HostAndPort(text, allowingPortZero: true) else { return .refused }
        _ = address.isLoopback
        return .promise(!address.host.isEmpty, "no host")
    }

    private static let byteSize = text("byte-size", ["20 GiB", "1.5 TB", "4096", "7kB"]) { text in
        guard let bytes = ByteSize.parse(text) else { return .refused }
        return .promise(bytes >= 0 && ByteSize.parse(ByteSize.text(bytes)) == bytes, "a size that does not read back")
    }

    private static let duration = text("duration", ["90s", "15m", "12h", "30d"]) { text in
        guard let duration = DurationText.parse(text) else { return .refused }
        return .promise(
            duration >= .zero && DurationText.parse(DurationText.text(duration)) == duration,
            "a duration that does not read back")
    }

    private static let treePath = ForeignParser("tree-path") {
        ["a/b", "", "a", "a/../b"].map { Array($0.utf8) }
    } parse: { bytes in
        guard let path = TreePath(bytes) else { return .refused }
        let rejoined = path.names.reduce(TreePath?.some(.base)) { $0?.appending(Array($1)) }
        return .promise(rejoined == path && path.parent.contains(path), "its names make another path")
    }

    /// Pattern, NUL, path.
    private static let excludePattern = ForeignParser("exclude-pattern") {
        ["*.tmp\0/a/b.tmp", "/a/**/*b?c\0/a/x/y/zbbc"].map { Array($0.utf8) }
    } parse: { bytes in
        guard let split = bytes.firstIndex(of: 0) else { return .refused }
        let path = Array(bytes[(split + 1)...])
        let rules = ExcludeRules(patterns: [String(decoding: bytes[..<split], as: UTF8.self)])
        return rules.excludes(path, name: path.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? [])
            ? .taken : .refused
    }

    private static let hex = text("hex", [String(repeating: "0aF9", count: 16), "0A"]) { text in
        _ = Bytes32(hex: text)
        guard let bytes = Hex.decode(text) else { return .refused }
        return .promise(Hex.encode(bytes) == text.lowercased(), "other digits")
    }

    private static let deliverySubject = text(
        "delivery-subject",
        ["$JS.ACK.S.C.1.2.3.4.5", "$JS.ACK.d.acc.S.C.1.2.3.4.5.x"]
    ) { text in
        JetStreamDelivery(NATSMessage(subject: "a", reply: text)) == nil ? .refused : .taken
    }

    private static let serverVersion = text("server-version", ["nats-server: v2.9.10", "2.15.1-RC.2"]) { text in
        ServerVersion(in: text) == nil ? .refused : .taken
    }
}
