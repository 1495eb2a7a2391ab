/// One way in for bytes that others made: what the fuzzer and the quick run of the test suite feed.
package struct ForeignParser: Sendable {
    package enum Verdict: Sendable, Equatable {
        case refused
        case taken
        /// What was taken breaks a promise, and which.
        case broken(String)
    }

    package let name: String
    /// Inputs that are taken: where mutation starts.
    package let samples: @Sendable () throws -> [[UInt8]]
    /// Throws when the bytes are refused.
    private let parse: @Sendable ([UInt8]) throws -> Verdict

    init(
        _ name: String, samples: @escaping @Sendable () throws -> [[UInt8]],
        parse: @escaping @Sendable ([UInt8]) throws -> Verdict
    ) {
        self.name = name
        self.samples = samples
        self.parse = parse
    }

    package func take(_ bytes: [UInt8]) -> Verdict {
        do { return try parse(bytes) } catch { return .refused }
    }

    /// Every parser of the project that sees foreign bytes.
    package static let all = requests + answers + chunks + manifests + control + texts
}

extension ForeignParser.Verdict {
    /// For formats where one value has one encoding.
    static func canonical(_ encodedAgain: some Collection<UInt8>, _ bytes: some Collection<UInt8>) -> Self {
        encodedAgain.elementsEqual(bytes) ? .taken : .broken("its value has another encoding")
    }

    static func promise(_ isKept: Bool, _ what: String) -> Self { isKept ? .taken : .broken(what) }
}
