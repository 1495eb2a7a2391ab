/// Whether it is worth while to compress a chunk, told from samples of its bytes.
enum Compressibility {
    private static let samples = 16
    private static let sampleCount = 1024
    /// Shorter data is compressed to see.
    static let leastCount = 64 * 1024
    /// Of random bytes the statistic has a mean of 255 and a standard deviation of 22.6. Bytes that are spread more evenly than
    /// chance does it are as little random as others.
    private static let chiSquareOfRandom = 150.0...400.0

    /// False for bytes that are distributed like random ones, as those of encrypted and most compressed files are: by Pearson's
    /// chi-squared test over samples at even distances. Misses what repeats itself, or is not random, between the samples.
    static func mayShrink(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= leastCount else { return true }
        let total = samples * sampleCount
        let distance = (bytes.count - sampleCount) / (samples - 1)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { counts in
            counts.initialize(repeating: 0)
            for sample in 0..<samples {
                let start = sample * distance
                for byte in UnsafeRawBufferPointer(rebasing: bytes[start..<start + sampleCount]) {
                    counts[Int(byte)] += 1
                }
            }
            let squares = counts.reduce(0.0) { $0 + Double($1) * Double($1) }
            return !chiSquareOfRandom.contains(squares * 256 / Double(total) - Double(total))
        }
    }
}
