// swift-tools-version: 6.2
import PackageDescription

// The targets are the walls of the hexagon: arrows point inwards, and the compiler refuses the wrong import.
// docs/architecture.md tells what lives where.
let package = Package(
    name: "quloud",
    products: [.executable(name: "quloud", targets: ["quloud"])],
    targets: [
        // C and C++ libraries from Debian, each behind a module map or a small C interface.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CNATS", providers: [.apt(["libnats-dev"])]),
        .target(name: "CTOML"),
        .target(name: "CSystem"),

        // What the core may lean on: cryptography, compression, and the operating system's plain facts.
        .target(name: "QuloudCrypto", dependencies: ["CSodium", "CCrypto"]),
        .target(name: "QuloudZstd", dependencies: ["CZstd"]),
        .target(name: "QuloudSystem", dependencies: ["CSystem"]),

        // The hexagon.
        .target(name: "QuloudCore", dependencies: ["QuloudCrypto", "QuloudZstd"]),

        // Adapters: the core and one technology each, never one another.
        .target(name: "QuloudSQLite", dependencies: ["QuloudCore", "QuloudSystem", "CSQLite"]),
        .target(name: "QuloudFiles", dependencies: ["QuloudCore", "QuloudSystem"]),
        .target(name: "QuloudNATS", dependencies: ["QuloudCore", "QuloudSystem", "CNATS"]),

        // Composition root, and the commands.
        .target(
            name: "QuloudDaemon",
            dependencies: ["QuloudCore", "QuloudSQLite", "QuloudFiles", "QuloudNATS", "QuloudSystem", "CTOML"]),
        .executableTarget(name: "quloud", dependencies: ["QuloudDaemon", "QuloudSystem"]),

        // Every parser that sees foreign bytes, in one list: for a test, and for the fuzzer below.
        .target(
            name: "QuloudForeignBytes",
            dependencies: ["QuloudCore", "QuloudCrypto", "QuloudZstd", "QuloudDaemon", "QuloudNATS", "QuloudSystem"]),
        // How cost grows with catalog and index; for scripts/bench, not shipped.
        .executableTarget(
            name: "quloud-bench", dependencies: ["QuloudSQLite", "QuloudCore", "QuloudCrypto", "QuloudSystem"]),

        // Tests.
        .target(name: "CFaultDisk"),
        .target(name: "QuloudTestKit", dependencies: ["QuloudCore", "QuloudSystem", "CFaultDisk"]),
        .target(
            name: "QuloudSimulation",
            dependencies: [
                "QuloudCore", "QuloudCrypto", "QuloudSystem", "QuloudSQLite", "QuloudFiles", "QuloudDaemon",
                "QuloudTestKit",
                "CSodium", "CSQLite",
            ]),
        .executableTarget(
            name: "quloud-simulate", dependencies: ["QuloudSimulation", "QuloudSystem", "QuloudTestKit"]),
        .testTarget(name: "QuloudCryptoTests", dependencies: ["QuloudCrypto", "QuloudZstd", "CSodium"]),
        .testTarget(name: "QuloudCoreTests", dependencies: ["QuloudCore", "QuloudTestKit"], exclude: ["Vectors"]),
        .testTarget(name: "QuloudSQLiteTests", dependencies: ["QuloudSQLite", "QuloudTestKit"]),
        .testTarget(name: "QuloudFilesTests", dependencies: ["QuloudFiles", "QuloudTestKit"]),
        .testTarget(name: "QuloudNATSTests", dependencies: ["QuloudNATS", "QuloudTestKit"]),
        .testTarget(name: "QuloudDaemonTests", dependencies: ["QuloudDaemon", "QuloudSystem", "QuloudTestKit"]),
        .testTarget(name: "QuloudForeignBytesTests", dependencies: ["QuloudForeignBytes", "QuloudTestKit"]),
        .testTarget(name: "QuloudCommandTests", dependencies: ["quloud", "QuloudDaemon"]),
        .testTarget(name: "CrashPointTests", dependencies: ["QuloudFiles", "QuloudSQLite", "QuloudTestKit"]),
        .testTarget(name: "EndToEndTests", dependencies: ["quloud", "QuloudTestKit"]),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["quloud-simulate", "QuloudSimulation", "QuloudSystem", "QuloudTestKit"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// scripts/fuzz builds this, and everything below it, for libFuzzer; nobody else does.
if Context.environment["QULOUD_FUZZ"] != nil {
    package.targets.append(.executableTarget(name: "quloud-fuzz", dependencies: ["QuloudForeignBytes"]))
}

for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    guard !target.name.hasPrefix("C") else { continue }
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}
