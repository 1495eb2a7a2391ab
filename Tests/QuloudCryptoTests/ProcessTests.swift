import Glibc
import QuloudCrypto
import Testing

@Suite struct ProcessTests {
    @Test func startingManyTimesFromManyThreadsIsFine() async {
        await withTaskGroup { group in
            for _ in 0..<32 {
                group.addTask { #expect(throws: Never.self) { try Sodium.start() } }
            }
        }
    }

    @Test func randomBytesHaveTheirCountAndDiffer() {
        #expect(RandomSource.bytes(0).isEmpty)
        #expect(RandomSource.bytes(33).count == 33)
        #expect(RandomSource.bytes(32) != RandomSource.bytes(32))
        #expect(RandomSource.bytes32() != RandomSource.bytes32())
    }

    /// In a process of its own, because it cannot be undone.
    @Test func hardeningForbidsCoreFiles() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            let done = ProcessHardening.apply() && getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0
            exit(done && limit.rlim_cur == 0 && limit.rlim_max == 0 ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test func purposesMustBeShortASCII() async {
        await #expect(processExitsWith: .failure) { _ = Purpose(stringLiteral: "seventeen-letters") }
        await #expect(processExitsWith: .failure) { _ = Purpose(stringLiteral: "") }
        await #expect(processExitsWith: .failure) { _ = Purpose(stringLiteral: "zweck-ä") }
        #expect(Purpose(stringLiteral: "sixteen-letters!") == "sixteen-letters!")
    }
}
