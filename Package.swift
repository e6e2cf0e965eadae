// swift-tools-version: 6.2
import PackageDescription

/// One set of settings for every target: docs/adr/0002-language-settings.md says why each is on.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

extension Target.Dependency {
  static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
  static let grdb = product(name: "GRDB", package: "GRDB.swift")
  static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
  static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
  static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
  static let logging = product(name: "Logging", package: "swift-log")
  static let mustache = product(name: "Mustache", package: "swift-mustache")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
  static let nioCore = product(name: "NIOCore", package: "swift-nio")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
  static let systemPackage = product(name: "SystemPackage", package: "swift-system")
  static let tomlKit = product(name: "TOMLKit", package: "TOMLKit")
}

/// A library target of the house in ARCHITECTURE.md.
///
/// - Parameter documents: files beside the sources that are no sources.
func part(_ name: String, _ dependencies: [Target.Dependency] = [], documents: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: documents, swiftSettings: settings)
}

/// The test target of one part.
///
/// - Parameter documents: files beside the tests that are no sources.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], documents: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: documents, resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "simpul",
  products: [
    .executable(name: "simpul-agent", targets: ["simpul-agent"]),
    .executable(name: "simpul-aggregator", targets: ["simpul-aggregator"]),
    .executable(name: "simpulctl", targets: ["simpulctl"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    // Pure core: values in, values out.
    part("Hashing", ["COpenSSL"]),
    part("Datasets", ["Hashing"]),
    part("Wire", ["Datasets"]),
    part("Replication", ["Datasets", "Hashing", "Wire"], documents: ["DESIGN.md"]),

    // Edges: the only places that touch the outside.
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CZstandard", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CSystemd", providers: [.apt(["libsystemd-dev"])]),
    part("Failpoints"),
    part("Settings", ["Datasets", .tomlKit]),
    part("Compression", ["CZstandard"]),
    part("Storage", ["Datasets", "Failpoints", "Hashing", "Wire", "Replication", .grdb, .grdbSQLite]),
    part(
      "NodeStorage", ["Datasets", "Failpoints", "Wire", "Replication", "Compression", "Storage", .grdb, .grdbSQLite],
      documents: ["DESIGN.md"]),
    part(
      "CentreStorage", ["Datasets", "Failpoints", "Wire", "Replication", "Compression", "Storage", .grdb, .grdbSQLite],
      documents: ["DESIGN.md"]),
    part("Transport", ["CZeroMQ", .logging], documents: ["DESIGN.md"]),
    part("Systemd", ["CSystemd", "Datasets", .logging]),
    part(
      "Services",
      ["Datasets", "Failpoints", "Machine", "Storage", "Systemd", "Transport", .lifecycle, .signals, .logging]),
    part("Machine", ["Datasets", "Wire", "Replication"]),
    part(
      "Sessions",
      ["Datasets", "Wire", "Replication", "Settings", "Storage", "NodeStorage", "CentreStorage", .logging]),
    part(
      "Simulation",
      [
        "Datasets", "Wire", "Replication", "Settings", "Compression", "Storage", "NodeStorage", "CentreStorage",
        "Sessions", .grdbSQLite, .logging,
      ]),
    part("Collectors", ["Datasets", "Failpoints"]),
    part("Terminals", ["Datasets"]),
    part("HTTPRequesting", ["CCurl", .httpTypes]),
    part("API", ["Datasets"]),
    part(
      "HTTPServing",
      ["API", "Datasets", "Machine", "Replication", "Storage", "Wire", .hummingbird, .httpTypes, .logging, .nioCore]),

    // Services: wire the parts into run() loops.
    part(
      "Agent",
      [
        "Datasets", "Failpoints", "Wire", "Replication", "Settings", "Compression", "Storage", "NodeStorage",
        "Transport", "Systemd", "Machine", "Services", "Sessions", "Collectors", "Terminals", "API", "HTTPServing",
        .hummingbird, .httpTypes,
        .lifecycle, .signals, .logging, .nioCore,
      ]),
    part(
      "Aggregator",
      [
        "Datasets", "Failpoints", "Wire", "Replication", "Settings", "Compression", "Storage", "CentreStorage",
        "Hashing", "Transport", "Systemd", "Machine", "Services", "Sessions", "API", "HTTPServing", .hummingbird,
        .httpTypes,
        .mustache,
        .lifecycle, .signals, .logging, .nioCore,
      ]),
    part(
      "Diagnostics",
      [
        "Datasets", "Hashing", "Wire", "Replication", "Settings", "Collectors", "API", "HTTPRequesting",
        .httpTypes, .nioCore, .nioPosix, .argumentParser,
        .subprocess, .systemPackage,
      ]),

    // Executables: parse, compose, run.
    .executableTarget(
      name: "simpul-agent", dependencies: ["API", "Agent", "Failpoints", "Services", "Settings", .argumentParser],
      swiftSettings: settings),
    .executableTarget(
      name: "simpul-aggregator",
      dependencies: ["API", "Aggregator", "Failpoints", "Services", "Settings", .argumentParser],
      swiftSettings: settings),
    .executableTarget(
      name: "simpulctl", dependencies: ["Diagnostics", .argumentParser], swiftSettings: settings),

    .executableTarget(
      name: "simpul-bench",
      dependencies: [
        "Agent", "Aggregator", "NodeStorage", "CentreStorage", "Storage", "Collectors", "Settings", "Transport",
        "Machine", "Compression", "Replication", "Sessions", "Wire", "Datasets", "API", "Diagnostics", "HTTPRequesting",
        .argumentParser, .grdb, .logging, .httpTypes,
      ], swiftSettings: settings),
    .executableTarget(
      name: "simpul-simulate", dependencies: ["Simulation", .argumentParser], swiftSettings: settings),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    .target(
      name: "RouterSupport", dependencies: [.hummingbird, .httpTypes, .logging, .nioCore, .nioEmbedded],
      path: "Tests/RouterSupport", swiftSettings: settings),
    .target(
      name: "FuzzTargets", dependencies: ["Collectors", "Settings", "Replication", "Wire", "Datasets"],
      path: "Tests/Fuzzing/FuzzTargets", swiftSettings: settings),
    tests("FuzzingTests", ["FuzzTargets", "Datasets"]),
    tests("HTTPRequestingTests", ["HTTPRequesting", "TestSupport", .httpTypes]),
    tests("HashingTests", ["Hashing"]),
    tests("FailpointsTests", ["Failpoints"]),
    tests("BenchTests", ["simpul-bench", "Datasets", .grdb]),
    tests("DatasetsTests", ["Datasets"], resources: [.copy("vectors.json")]),
    tests("CollectorsTests", ["TestSupport", "Collectors", "Datasets"]),
    tests("TerminalsTests", ["Terminals", "Datasets"]),
    tests("SettingsTests", ["Settings", "Datasets"]),
    tests("SystemdTests", ["Systemd", .logging]),
    tests("WireTests", ["Wire", "Datasets"]),
    tests(
      "ReplicationTests", ["Replication", "Wire", "Datasets"], resources: [.copy("merge_vectors.json")]),
    tests("RepositoryTests", []),
    tests(
      "SimulationTests",
      ["Simulation", "NodeStorage", "Storage", "Replication", "Wire", "Datasets", .grdb]),
    tests("NodeStorageTests", ["NodeStorage", "Storage", "Compression", "Replication", "Wire", "Datasets", .grdb]),
    tests(
      "CentreStorageTests",
      ["TestSupport", "CentreStorage", "Settings", "Storage", "Compression", "Replication", "Wire", "Datasets", .grdb]),
    tests("StorageTests", ["TestSupport", "Storage", "Replication", "Wire", "Datasets", .grdb, .grdbSQLite]),
    tests(
      "DiagnosticsTests",
      [
        "TestSupport", "Diagnostics", "API", "Collectors", "HTTPRequesting", "Replication", "Settings", "Wire",
        "Datasets", .argumentParser, .nioCore, .nioPosix, .nioHTTP1, .subprocess,
      ]),
    tests(
      "HTTPServingTests",
      [
        "RouterSupport", "HTTPServing", "API", "Machine", "Storage", "Replication", "Wire", "Datasets", .hummingbird,
        .httpTypes, .lifecycle, .logging, .nioCore, .grdb,
      ]),
    tests(
      "AggregatorTests",
      [
        "RouterSupport", "TestSupport", "Aggregator", "API", "CentreStorage", "Compression", "HTTPServing", "Machine",
        "Replication",
        "Services", "Sessions", "Settings",
        "Storage", "Systemd", "Transport", "Wire", "Datasets", .hummingbird, .logging, .nioCore,
      ]),
    tests(
      "AgentTests",
      [
        "RouterSupport", "TestSupport", "Agent", "API", "Collectors", "Compression", "HTTPServing", "Machine",
        "NodeStorage",
        "Replication", "Sessions",
        "Services", "Settings", "Storage", "Terminals", "Transport", "Wire", "Datasets", .hummingbird, .lifecycle,
        .logging, .nioCore,
      ]),
    tests(
      "FleetTests",
      [
        "TestSupport", "Agent", "Aggregator", "NodeStorage", "CentreStorage", "Settings", "Transport", "Machine",
        "Replication", "Sessions",
        "Wire", "Datasets", .logging,
      ]),
    tests("TransportTests", ["TestSupport", "Transport", "CZeroMQ", .logging]),
    tests(
      "ProcessTests",
      [
        "TestSupport", "Diagnostics", "API", "Failpoints", "Settings", "Datasets", "Compression", "Replication", "Wire",
        "simpul-agent", "simpul-aggregator", "HTTPRequesting", .httpTypes,
      ], documents: ["Hostile/peer.py", "Line/relay.py", "failsync.c"]),
  ]
)

// Only `script/fuzz` builds it: linking needs libFuzzer, which an ordinary build has not.
if Context.environment["SIMPUL_FUZZ"] == "1" {
  package.targets.append(
    .executableTarget(
      name: "simpul-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzzing/simpul-fuzz", swiftSettings: settings))
}
