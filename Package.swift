// swift-tools-version: 6.2
import PackageDescription

// The house plan. One row per module, lowest layer first; `scripts/check` reads this table and fails on an
// import that is missing here or that points upward. Layers and their rules: docs/ARCHITECTURE.md.
let modules: [Module] = [
    // L0: values, bytes and words. No I/O, no clock, no Foundation.
    .shim("CMeshChecksum"),
    .library("MeshCore", layer: .l0, uses: ["CMeshChecksum"]),
    .library("MeshWire", layer: .l0, uses: ["MeshCore"]),
    .library("MeshJSON", layer: .l0, uses: ["MeshCore"]),
    .library("MeshVitals", layer: .l0, uses: ["MeshCore", "MeshJSON"]),
    .library("MeshAPI", layer: .l0, uses: ["MeshCommandLine", "MeshCore", "MeshJSON", "MeshVitals"]),
    .library("MeshCommandLine", layer: .l0),
    .library("MeshTopology", layer: .l0, uses: ["MeshCommandLine", "MeshCore", "MeshJSON"]),

    // L1: pure domains, the actor runtime and its ports. No I/O.
    .library("MeshActors", layer: .l1, uses: ["MeshCore", "MeshWire"]),
    .library("MeshTunnel", layer: .l1, uses: ["MeshActors", "MeshCore", "MeshVitals", "MeshWire"]),
    .library("MeshIdentity", layer: .l1, uses: ["MeshActors", "MeshCore", "MeshWire"]),
    .library("MeshCheck", layer: .l1, uses: ["MeshActors", "MeshCore", "MeshWire"]),
    .library("MeshChat", layer: .l1, uses: ["MeshActors", "MeshCore", "MeshJSON"]),
    .library("MeshDialects", layer: .l1, uses: ["MeshChat", "MeshCore", "MeshJSON"]),
    .library("MeshPrivacy", layer: .l1, uses: ["MeshChat", "MeshCore", "MeshJSON", "MeshWire"]),
    .library("MeshSessions", layer: .l1, uses: ["MeshActors", "MeshChat", "MeshCore", "MeshJSON", "MeshWire"]),
    .library(
        "MeshEscalation",
        layer: .l1,
        uses: ["MeshActors", "MeshChat", "MeshCore", "MeshJSON", "MeshSessions", "MeshWire"]
    ),
    .library("MeshLedger", layer: .l1, uses: ["MeshActors", "MeshChat", "MeshCore", "MeshJSON", "MeshWire"]),
    .shim("CMeshCounters"),
    .library("MeshTelemetry", layer: .l1, uses: ["CMeshCounters", "MeshCore"]),

    // L2: the only I/O.
    .shim("CMeshSockets"),
    .shim("CMeshNames"),
    .shim("CMeshTLS", links: "gnutls"),  // Debian's libgnutls28-dev
    .library(
        "MeshIO",
        layer: .l2,
        uses: ["CMeshNames", "CMeshSockets", "CMeshTLS", "MeshActors", "MeshCore", "MeshTunnel"]
    ),
    .library("MeshProxy", layer: .l2, uses: ["MeshCore", "MeshIO"]),
    // Debian's libngtcp2-dev and libngtcp2-crypto-gnutls-dev, 0.12.1 (MIT), and libgnutls28-dev (LGPL 2.1)
    .shim("CMeshQUIC", links: "ngtcp2_crypto_gnutls", "ngtcp2", "gnutls"),
    .library(
        "MeshQUIC",
        layer: .l2,
        uses: ["CMeshQUIC", "MeshActors", "MeshCore", "MeshIO", "MeshTunnel", "MeshWire"]
    ),
    .shim("CMeshHTTPParser"),  // llhttp 9.4.3 (MIT); scripts/setup puts its sources in
    .shim("CMeshWebSocket", links: "wslay"),  // Debian's libwslay-dev, 1.1.1 (MIT)
    .shim("CMeshCurl", links: "curl"),  // Debian's libcurl4-openssl-dev, 7.88
    .library(
        "MeshHTTP",
        layer: .l2,
        uses: ["CMeshCurl", "CMeshHTTPParser", "CMeshWebSocket", "MeshCore", "MeshIO", "MeshTelemetry"]
    ),
    .library(
        "MeshProviders",
        layer: .l2,
        uses: ["MeshChat", "MeshCore", "MeshDialects", "MeshHTTP", "MeshJSON"]
    ),
    .library("MeshStripe", layer: .l2, uses: ["MeshCore", "MeshHTTP", "MeshIO", "MeshJSON", "MeshLedger"]),
    .shim("CMeshCertificates", links: "gnutls"),  // Debian's libgnutls28-dev, 3.7, LGPL-2.1+: docs/decisions/0012
    .library("MeshCertificates", layer: .l2, uses: ["CMeshCertificates", "MeshCore"]),
    .shim("CMeshVault", links: "gnutls"),  // Debian's libgnutls28-dev, 3.7, LGPL-2.1+: docs/decisions/0024
    .library("MeshVault", layer: .l2, uses: ["CMeshVault", "MeshCore", "MeshIO", "MeshPrivacy", "MeshWire"]),
    .shim("CMeshLMDB", links: "lmdb"),  // Debian's liblmdb-dev, 0.9.24: a library of 60 KiB under the OpenLDAP licence
    .library("MeshStore", layer: .l2, uses: ["CMeshLMDB", "MeshActors", "MeshCore", "MeshIO", "MeshWire"]),
    .shim("CMeshSQLite", links: "sqlite3"),  // Debian's libsqlite3-dev, 3.40 (public domain): docs/decisions/0026
    .library("MeshUsageStore", layer: .l2, uses: ["CMeshSQLite", "MeshChat", "MeshCore", "MeshIO", "MeshLedger"]),
    .shim("CMeshLLM"),  // libmeshllm.so (llama.cpp, MIT) is opened at run time; scripts/setup builds it
    .library("MeshInference", layer: .l2, uses: ["CMeshLLM", "MeshChat", "MeshCore", "MeshIO", "MeshJSON"]),

    // L3: assembly, and both sides of the gateway, which know it not.
    .library(
        "MeshGateway",
        layer: .l3,
        uses: [
            "MeshAPI", "MeshChat", "MeshCore", "MeshDialects", "MeshEscalation", "MeshHTTP", "MeshIdentity", "MeshJSON",
            "MeshLedger", "MeshPrivacy", "MeshSessions",
        ]
    ),
    .library(
        "MeshRelay",
        layer: .l3,
        uses: [
            "MeshActors", "MeshChat", "MeshCore", "MeshEscalation", "MeshGateway", "MeshIdentity", "MeshPrivacy",
            "MeshSessions", "MeshTunnel", "MeshWire",
        ]
    ),
    .library(
        "MeshAccounts",
        layer: .l3,
        uses: [
            "MeshActors", "MeshChat", "MeshCore", "MeshGateway", "MeshJSON", "MeshLedger", "MeshStore", "MeshStripe",
            "MeshUsageStore",
        ]
    ),
    .library(
        "MeshNode",
        layer: .l3,
        uses: [
            "MeshAPI", "MeshAccounts", "MeshActors", "MeshCertificates", "MeshChat", "MeshCheck", "MeshCommandLine",
            "MeshCore", "MeshDialects", "MeshEscalation", "MeshGateway", "MeshHTTP", "MeshIO", "MeshIdentity",
            "MeshInference", "MeshJSON", "MeshLedger", "MeshPrivacy", "MeshProviders", "MeshQUIC", "MeshRelay",
            "MeshSessions", "MeshStore", "MeshStripe", "MeshTelemetry", "MeshTunnel", "MeshUsageStore", "MeshVault",
            "MeshVitals", "MeshWire",
        ]
    ),
    .library(
        "MeshCluster",
        layer: .l3,
        uses: [
            "MeshActors", "MeshCertificates", "MeshCheck", "MeshCommandLine", "MeshCore", "MeshIO", "MeshIdentity",
            "MeshJSON", "MeshNode", "MeshProxy", "MeshStore", "MeshTopology", "MeshTunnel",
        ]
    ),
    .library(
        "MeshCommands",
        layer: .l3,
        uses: [
            "MeshAPI", "MeshChat", "MeshCommandLine", "MeshCore", "MeshDialects", "MeshEscalation", "MeshHTTP",
            "MeshIO",
            "MeshJSON", "MeshPrivacy", "MeshSessions", "MeshVitals",
        ]
    ),

    // Test support: imported by tests, meshsim, meshbench, meshfuzz, meshload and meshproxy alone.
    .shim("CMeshConcurrency"),
    .shim("CMeshAllocations"),
    .library(
        "MeshTestKit",
        layer: .testSupport,
        uses: [
            "CMeshConcurrency", "MeshActors", "MeshCertificates", "MeshChat", "MeshCheck", "MeshCore", "MeshDialects",
            "MeshEscalation", "MeshHTTP", "MeshIO", "MeshIdentity", "MeshInference", "MeshJSON", "MeshLedger",
            "MeshPrivacy", "MeshQUIC", "MeshSessions", "MeshStore", "MeshStripe", "MeshTunnel", "MeshVitals",
            "MeshWire",
        ]
    ),
    .library(
        "MeshSimulation",
        layer: .testSupport,
        uses: [
            "MeshAccounts", "MeshActors", "MeshChat", "MeshCheck", "MeshCore", "MeshEscalation", "MeshGateway",
            "MeshIdentity", "MeshLedger", "MeshPrivacy", "MeshRelay", "MeshStore", "MeshTestKit", "MeshTunnel",
            "MeshWire",
        ]
    ),

    // L4: executables of a few lines each.
    .executable("meshnode", uses: ["MeshCluster", "MeshCommandLine", "MeshNode"]),
    .executable("synesis", uses: ["MeshCommandLine", "MeshCommands"]),
    .executable("meshsim", uses: ["MeshCheck", "MeshCommandLine", "MeshCore", "MeshSimulation", "MeshTestKit"]),
    .executable(
        "meshbench",
        uses: [
            "CMeshAllocations", "MeshAccounts", "MeshActors", "MeshCertificates", "MeshChat", "MeshCheck",
            "MeshCommandLine", "MeshCore", "MeshIO", "MeshInference", "MeshJSON", "MeshLedger", "MeshNode",
            "MeshPrivacy", "MeshQUIC", "MeshStore", "MeshTestKit", "MeshTunnel", "MeshUsageStore", "MeshVitals",
            "MeshWire",
        ]
    ),
    .executable("meshfuzz", uses: ["MeshTestKit"]),
    .executable("meshproxy", uses: ["MeshCommandLine", "MeshCore", "MeshIO", "MeshProxy", "MeshTestKit"]),
    .executable(
        "meshload",
        uses: [
            "MeshAccounts", "MeshActors", "MeshCertificates", "MeshChat", "MeshCheck", "MeshCommandLine", "MeshCore",
            "MeshDialects", "MeshGateway", "MeshHTTP", "MeshIO", "MeshIdentity", "MeshJSON", "MeshLedger", "MeshNode",
            "MeshProviders", "MeshProxy", "MeshQUIC", "MeshStore", "MeshStripe", "MeshTestKit", "MeshTunnel",
            "MeshVitals",
        ]
    ),
    .executable(
        "meshpeer",
        uses: [
            "MeshActors", "MeshCertificates", "MeshCommandLine", "MeshCore", "MeshIO", "MeshQUIC", "MeshVitals",
            "MeshWire",
        ]
    ),

    .tests("MeshCoreTests", uses: ["MeshCore", "MeshTestKit"]),
    .tests("MeshWireTests", uses: ["MeshActors", "MeshCore", "MeshTestKit", "MeshWire"]),
    .tests("MeshJSONTests", uses: ["MeshCore", "MeshJSON"]),
    .tests("MeshAPITests", uses: ["MeshAPI", "MeshCore", "MeshJSON", "MeshTestKit", "MeshVitals"]),
    .tests("MeshCommandLineTests", uses: ["MeshCommandLine"]),
    .tests("MeshVitalsTests", uses: ["MeshCore", "MeshJSON", "MeshTestKit", "MeshVitals"]),
    .tests("MeshActorsTests", uses: ["MeshActors", "MeshCheck", "MeshCore", "MeshTestKit", "MeshWire"]),
    .tests(
        "MeshTunnelTests",
        uses: ["MeshActors", "MeshCore", "MeshTestKit", "MeshTunnel", "MeshVitals", "MeshWire"]
    ),
    .tests("MeshIdentityTests", uses: ["MeshActors", "MeshCore", "MeshIdentity", "MeshTestKit", "MeshWire"]),
    .tests("MeshChatTests", uses: ["MeshChat", "MeshCore", "MeshTestKit"]),
    .tests(
        "MeshLedgerTests",
        uses: [
            "MeshActors", "MeshChat", "MeshCore", "MeshLedger", "MeshTestKit", "MeshWire",
        ]
    ),
    .tests(
        "MeshAccountsTests",
        uses: [
            "MeshAccounts", "MeshActors", "MeshChat", "MeshCore", "MeshGateway", "MeshHTTP", "MeshIO", "MeshLedger",
            "MeshStore", "MeshStripe", "MeshTestKit", "MeshUsageStore",
        ]
    ),
    .tests("MeshDialectsTests", uses: ["MeshChat", "MeshCore", "MeshDialects", "MeshJSON"]),
    .tests("MeshPrivacyTests", uses: ["MeshChat", "MeshCore", "MeshJSON", "MeshPrivacy", "MeshTestKit", "MeshWire"]),
    .tests(
        "MeshSessionsTests",
        uses: ["MeshActors", "MeshChat", "MeshCore", "MeshJSON", "MeshSessions", "MeshTestKit", "MeshWire"]
    ),
    .tests(
        "MeshEscalationTests",
        uses: [
            "MeshActors", "MeshChat", "MeshCore", "MeshEscalation", "MeshJSON", "MeshSessions", "MeshTestKit",
            "MeshWire",
        ]
    ),
    .tests(
        "MeshProvidersTests",
        uses: ["MeshChat", "MeshCore", "MeshDialects", "MeshHTTP", "MeshIO", "MeshProviders", "MeshTestKit"]
    ),
    .tests(
        "MeshStripeTests",
        uses: ["MeshCore", "MeshHTTP", "MeshJSON", "MeshLedger", "MeshStripe", "MeshTestKit"]
    ),
    .tests(
        "MeshQUICTests",
        uses: [
            "MeshActors", "MeshCertificates", "MeshCheck", "MeshCore", "MeshIO", "MeshProxy", "MeshQUIC", "MeshTestKit",
            "MeshTunnel", "MeshWire",
        ]
    ),
    .tests("MeshHTTPTests", uses: ["MeshCore", "MeshHTTP", "MeshIO", "MeshTelemetry", "MeshTestKit"]),
    .tests("MeshTelemetryTests", uses: ["MeshCore", "MeshTelemetry"]),
    .tests("MeshIOTests", uses: ["MeshCore", "MeshIO", "MeshTestKit", "MeshTunnel"]),
    .tests("MeshStoreTests", uses: ["MeshActors", "MeshCore", "MeshStore", "MeshTestKit"]),
    .tests(
        "MeshUsageStoreTests",
        uses: ["MeshActors", "MeshChat", "MeshCore", "MeshLedger", "MeshTestKit", "MeshUsageStore"]
    ),
    .tests(
        "MeshInferenceTests",
        uses: ["MeshChat", "MeshCore", "MeshIO", "MeshInference", "MeshJSON", "MeshTestKit"]
    ),
    .tests("MeshCertificatesTests", uses: ["MeshCertificates", "MeshCore"]),
    .tests("MeshVaultTests", uses: ["MeshChat", "MeshCore", "MeshPrivacy", "MeshTestKit", "MeshVault"]),
    .tests(
        "MeshGatewayTests",
        uses: [
            "MeshAPI", "MeshActors", "MeshChat", "MeshCore", "MeshDialects", "MeshEscalation", "MeshGateway",
            "MeshHTTP", "MeshIO", "MeshIdentity", "MeshJSON", "MeshLedger", "MeshPrivacy", "MeshSessions",
            "MeshTestKit",
        ]
    ),
    .tests(
        "MeshRelayTests",
        uses: [
            "MeshActors", "MeshChat", "MeshCore", "MeshEscalation", "MeshGateway", "MeshIdentity", "MeshPrivacy",
            "MeshRelay", "MeshSessions", "MeshTestKit", "MeshTunnel", "MeshWire",
        ]
    ),
    .tests(
        "MeshCommandsTests",
        uses: [
            "MeshAPI", "MeshCommandLine", "MeshCommands", "MeshCore", "MeshEscalation", "MeshJSON", "MeshPrivacy",
        ]
    ),
    .tests(
        "MeshNodeTests",
        uses: [
            "MeshAPI", "MeshActors", "MeshCertificates", "MeshChat", "MeshCommandLine", "MeshCore", "MeshEscalation",
            "MeshGateway", "MeshHTTP", "MeshIO", "MeshIdentity", "MeshInference", "MeshJSON", "MeshNode", "MeshPrivacy",
            "MeshQUIC", "MeshRelay", "MeshStore", "MeshTestKit", "MeshTunnel", "MeshVitals", "MeshWire",
        ]
    ),
    .tests("MeshTestKitTests", uses: ["MeshCore", "MeshTestKit"]),
    .tests("MeshProxyTests", uses: ["MeshCore", "MeshIO", "MeshProxy"]),
    .tests("MeshTopologyTests", uses: ["MeshCore", "MeshJSON", "MeshTestKit", "MeshTopology"]),
    .tests("MeshCheckTests", uses: ["MeshActors", "MeshCheck", "MeshCore", "MeshWire"]),
    .tests(
        "MeshClusterTests",
        uses: [
            "MeshActors", "MeshCheck", "MeshCluster", "MeshCommandLine", "MeshCore", "MeshIO", "MeshTestKit",
            "MeshTopology",
        ]
    ),
    .tests(
        "MeshSimulationTests",
        uses: ["MeshActors", "MeshCheck", "MeshCore", "MeshSimulation", "MeshStore", "MeshTestKit", "MeshWire"]
    ),
]

/// One row of the table above.
struct Module {
    enum Layer { case l0, l1, l2, l3, l4, testSupport, tests }
    enum Kind { case shim, library, executable, tests }

    let name: String
    let layer: Layer
    let kind: Kind
    let uses: [String]
    var links: [String] = []

    /// A C library seen through one header, `static inline` wherever it needs no state; imported by one Swift module.
    static func shim(_ name: String, links libraries: String...) -> Module {
        Module(name: name, layer: .l0, kind: .shim, uses: [], links: libraries)
    }

    static func library(_ name: String, layer: Layer, uses: [String] = []) -> Module {
        Module(name: name, layer: layer, kind: .library, uses: uses)
    }

    static func executable(_ name: String, uses: [String]) -> Module {
        Module(name: name, layer: .l4, kind: .executable, uses: uses)
    }

    static func tests(_ name: String, uses: [String]) -> Module {
        Module(name: name, layer: .tests, kind: .tests, uses: uses)
    }

    var target: Target {
        let dependencies = uses.map { Target.Dependency.target(name: $0) }
        switch kind {
        case .shim:
            return .target(
                name: name,
                exclude: ["README.md"],
                linkerSettings: links.map { .linkedLibrary($0) }
            )
        case .library:
            return .target(
                name: name,
                dependencies: dependencies,
                exclude: ["README.md"],
                swiftSettings: strictSettings
            )
        case .executable:
            return .executableTarget(
                name: name,
                dependencies: dependencies,
                exclude: ["README.md"],
                swiftSettings: strictSettings
            )
        case .tests:
            return .testTarget(name: name, dependencies: dependencies, swiftSettings: strictSettings)
        }
    }
}

/// The same for every Swift target, so that no module is a little less strict than its neighbours.
///
/// PLANTED_BUGS brings the bugs that `meshsim hunt` must find; no other build has them.
let strictSettings: [SwiftSetting] =
    (Context.environment["MESHNODE_PLANTED_BUGS"] == "1" ? [.define("PLANTED_BUGS")] : []) + [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Lifetimes"),
        // With it `public` generic code is specialised where it is used: docs/decisions/0006.
        .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    ]

let package = Package(name: "meshnode", targets: modules.map(\.target))
