import CSodium

/// Starting libsodium. Everything in this target starts it by itself on first use; the daemon calls `start` early so
/// that a failure is an error message.
package enum Sodium {
    /// Initialised once by whichever thread comes first.
    private static let isReady = sodium_init() >= 0

    /// Initialises libsodium; safe to call from any thread and any number of times.
    package static func start() throws(CryptoError) {
        guard isReady else { throw .initialisationFailed }
    }

    /// For calls that cannot throw. Depends on nothing but the system's random source, never on input.
    @inline(__always)
    static func require() {
        precondition(isReady, "libsodium could not be initialised")
    }
}
