/// Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019):
/// lengths keep only as many significant bits as the length of their length, so sizes tell little and cost under 12 %.
package enum Padding {
    /// The padded length for `count` bytes; at least `count`.
    package static func padded(_ count: Int) -> Int {
        guard count > 1 else { return max(count, 0) }
        let exponent = Int.bitWidth - 1 - count.leadingZeroBitCount
        let significant = Int.bitWidth - exponent.leadingZeroBitCount
        let low = exponent - significant
        guard low > 0 else { return count }
        let mask = (1 << low) - 1
        return (count + mask) & ~mask
    }
}
