import Glibc
import MeshCertificates
import MeshCommandLine
import MeshCore
import MeshJSON
import MeshNode
import MeshPrivacy
import MeshTestKit
import MeshTunnel
import Testing

/// What a node would read: variables and files that a test makes up.
struct SampleGround: ConfigurationGround {
    var variables: [String: String] = [:]
    var files: [String: String] = [:]

    func content(of path: String) throws(ConfigurationError) -> [UInt8] {
        // As `ProcessGround` says it of a file that does not exist.
        guard let text = files[path] else { return try ProcessGround().content(of: "/nowhere/\(path)") }
        return Array(text.utf8)
    }
}

@Suite struct `What a node is started with` {
    @Test func `a secret is in its environment, where its own user alone can read it`() throws {
        let source = JSONSource(Array(#"{ hub: { issuer: "sign --key 7" }, log: { level: "debug" } }"#.utf8), path: "c")
        let words = try ConfigurationLoader.words(of: source.object(), at: [], of: source, for: .hub, besides: [])
        #expect(words.flags == ["--log-level=debug"])
        #expect(words.variables == ["MESHNODE_HUB_ISSUER": "sign --key 7"])
    }
}

/// Loads what these three say together.
func loaded(
    _ flags: [String: [String]] = [:],
    variables: [String: String] = [:],
    file: String? = nil
) throws(ConfigurationError) -> Configuration? {
    let ground = SampleGround(variables: variables, files: file.map { ["node.json5": $0] } ?? [:])
    let loader = ConfigurationLoader(flags: { flags[$0.path] ?? [] }, ground: ground)
    return try loader.load(file: file == nil ? nil : "node.json5")
}

/// What is wrong with these three, a line for each mistake.
func mistakes(_ flags: [String: [String]] = [:], variables: [String: String] = [:], file: String? = nil) -> [String] {
    do throws(ConfigurationError) {
        guard let configuration = try loaded(flags, variables: variables, file: file) else { return [] }
        switch configuration.role {
        case .hub: _ = try HubSettings(configuration)
        case .edge: _ = try EdgeSettings(configuration)
        }
        return []
    } catch {
        return error.mistakes.map(\.description)
    }
}

@Suite struct `A configuration` {
    private let hub = ["role": ["hub"]]

    @Test func `has the defaults of its role where nobody says anything`() throws {
        let hub = try HubSettings(try #require(try loaded(["role": ["hub"]])))
        #expect(hub.node.data == "meshnode-hub")
        #expect(hub.listen.description == "127.0.0.1:7411")
        #expect(hub.enrolListen?.description == "127.0.0.1:7412")
        #expect(hub.node.http.listen.address?.description == "127.0.0.1:7413")
        #expect(hub.grant.identity.text == "spiffe://mesh/main/hub/hub-1")
        #expect(hub.grant.dnsNames == ["localhost"])
        #expect(hub.handshakesPerSecond == Limits.Hub.handshakesPerSecond)
        let edge = try EdgeSettings(
            try #require(try loaded(["role": ["edge"], "edge.hubs": ["hub.example.org:7500"]]))
        )
        #expect(edge.node.data == "meshnode-edge")
        #expect(edge.node.http.listen.address?.description == "127.0.0.1:8787")
        #expect(edge.chat && edge.apiKeyFile == nil)
        #expect(edge.privacy.policy == PrivacyPolicy() && edge.privacy.termsFile == nil)
        #expect(edge.privacy.keyFile == "meshnode-edge.privacy-key")
        #expect(edge.privacy.keepFor == .seconds(30 * 86_400))
        #expect(edge.hubs.map(\.address.description) == ["hub.example.org:7500"])
        #expect(edge.enrolAt.description == "hub.example.org:7501")
        #expect(edge.beatInterval == .seconds(30))
        #expect(edge.preWarm == PreWarmThresholds())
        #expect(edge.node.idleTimeout == .seconds(30))
        #expect(edge.node.resumption)
    }

    @Test func `pre-warms where it is told to, within bounds`() throws {
        let words = ["role": ["edge"], "edge.hubs": ["hub.example.org"]]
        func edge(_ load: Int, _ celsius: Int) throws -> EdgeSettings {
            let more = ["edge.preWarmLoad": ["\(load)"], "edge.preWarmCelsius": ["\(celsius)"]]
            return try EdgeSettings(try #require(try loaded(words.merging(more) { $1 })))
        }
        let (loads, degrees) = (Limits.Heartbeat.preWarmPercent, Limits.Heartbeat.preWarmCelsius)
        let told = try edge(loads.lowerBound, degrees.lowerBound).preWarm
        #expect(told == PreWarmThresholds(graphicsPercent: 10, celsius: 30))
        #expect(told.graphicsLoad == 0.1 && told.restedGraphicsLoad == 0 && told.restedCelsius == 25)
        #expect(throws: ConfigurationError.self) { try edge(loads.upperBound + 1, 80) }
        #expect(throws: ConfigurationError.self) { try edge(80, degrees.upperBound + 1) }
    }

    @Test func `takes a flag before a variable before a file before a default`() throws {
        let file = "{ hub: { name: 'of-file' } }"
        let variables = ["MESHNODE_HUB_NAME": "of-environment"]
        let flags = hub.merging(["hub.name": ["of-flag"]]) { $1 }
        for (flags, variables, file, name, source) in [
            (flags, variables, file, "of-flag", "--name"),
            (hub, variables, file, "of-environment", "MESHNODE_HUB_NAME"),
            (hub, [:], file, "of-file", "node.json5:1:10"),
            (hub, [:], nil, "hub-1", "default"),
        ] as [([String: [String]], [String: String], String?, String, String)] {
            let configuration = try #require(try loaded(flags, variables: variables, file: file))
            #expect(configuration[Settings.name].text == name)
            #expect(configuration["hub.name"].map { "\($0.source)" } == source)
        }
    }

    @Test func `takes a list from one place, and never puts it together`() throws {
        let file = "{ hub: { dns: ['a.example', 'b.example'] } }"
        #expect(try loaded(hub, file: file)?[Settings.dns] == ["a.example", "b.example"])
        let variables = ["MESHNODE_HUB_DNS": "c.example, d.example"]
        #expect(try loaded(hub, variables: variables, file: file)?[Settings.dns] == ["c.example", "d.example"])
        let flags = hub.merging(["hub.dns": ["e.example"]]) { $1 }
        #expect(try loaded(flags, variables: variables, file: file)?[Settings.dns] == ["e.example"])
    }

    @Test func `is of the role that the file says, and of none where nobody says one`() throws {
        #expect(try loaded(file: "{ role: 'edge', edge: { hubs: ['h'] } }")?.role == .edge)
        #expect(try loaded(variables: ["MESHNODE_ROLE": "hub"])?.role == .hub)
        #expect(try loaded()?.role == nil)
    }

    @Test func `reads the file that a variable names`() throws {
        let ground = SampleGround(
            variables: ["MESHNODE_CONFIG": "x"],
            files: ["x": "{ role: 'hub', log: { level: 'error' } }"]
        )
        let configuration = try ConfigurationLoader(ground: ground).load(file: nil)
        #expect(configuration?[Settings.logLevel] == .error)
    }

    @Test func `is refused with every mistake of a file in its order, with place and remedy`() {
        let file = """
            // What a tired person writes.
            {
              hub: { listn: "127.0.0.1:0", name: 7, dns: "x", handshakesPerSecond: 0, ip: ["1.2.3.4", 5] },
              log: "info", listen: 1,
              transport: { idleTimeout: "1s", resumption: null },
            }
            """
        #expect(
            mistakes(hub, file: file) == [
                "node.json5:3:10: unknown key 'hub.listn'; did you mean 'hub.listen'?",
                "node.json5:3:32: 'hub.name' is a number, and should be text",
                "node.json5:3:41: 'hub.dns' is text, and should be a list [ … ]",
                "node.json5:3:51: '0' is not right for 'hub.handshakesPerSecond': "
                    + "expected a whole number from 1 to 100000",
                "node.json5:3:91: 'hub.ip' is a number, and should be a list of text",
                "node.json5:4:3: 'log' is text, and should be an object { … }",
                "node.json5:4:16: unknown key 'listen'; did you mean 'hub.listen'?",
                "node.json5:5:16: '1s' is not right for 'transport.idleTimeout': "
                    + "expected a duration such as 250ms, 30s, 5m or 24h from 10s to 10m",
                "node.json5:5:35: 'transport.resumption' is null, and should be true or false; "
                    + "leave it out for its default",
            ]
        )
    }

    @Test(arguments: [
        ("", "node.json5:1:1: a value is missing"), ("[]", "node.json5: it holds a list in place of an object { … }"),
        ("{ hub: {", "node.json5:1:9: an object has no end"),
        ("{ a b }", "node.json5:1:5: a ':' is missing behind a key"),
        ("{ data: 'x', data: 'y' }", "node.json5: a key comes twice, the second time at line 1, column 14"),
        ("{ 'hub.listen': 'x' }", "node.json5:1:3: unknown key 'hub.listen'"),
    ])
    func `is refused where the file is none`(file: String, words: String) {
        #expect(mistakes(hub, file: file).first?.hasPrefix(words) == true, "\(mistakes(hub, file: file))")
    }

    @Test func `is refused for a variable that means nothing, where somebody believes that it does`() {
        #expect(
            mistakes(hub, variables: ["MESHNODE_HUB_LISTN": "x", "MESHNODE_RENEWALS": "5"]) == [
                "MESHNODE_HUB_LISTN: there is no such setting; did you mean 'MESHNODE_HUB_LISTEN'?"
            ]
        )
    }

    @Test func `is refused where two settings contradict each other`() {
        for (flags, words) in [
            (["hub.listen": ["127.0.0.1:65535"]], "hub.listen: there is no port after 65535"),
            (
                ["hub.listen": ["[::]:7500"], "hub.enrolListen": ["[::]:7500"]],
                "hub.enrolListen: '[::]:7500' is where edges"
            ),
            (["http.key": ["k"]], "http.key: a key is of no use without 'http.certificate'"),
            (["http.certificate": ["c"]], "http.certificate: a certificate is of no use without 'http.key'"),
            (["http.listen": ["0.0.0.0:7413"]], "http.listen: other machines reach 0.0.0.0:7413, where keys must not"),
            (["http.listen": ["[::]:0"]], "http.listen: other machines reach [::]:0"),
            (["hub.dns": ["not a name"]], "hub.dns: 'not a name' is no host name"),
            (["hub.certificatesFor": ["0s"]], "hub.certificatesFor: a life is a second at least"),
        ] {
            let found = mistakes(hub.merging(flags) { $1 })
            let place = flags.keys.sorted().contains("hub.enrolListen") ? "hub.enrolListen" : flags.keys.sorted()[0]
            let flag = Settings.all.first { $0.path == place }?.flag ?? ""
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix(words.replacingPrefix(place, by: "--\(flag)")) == true, "\(found)")
        }
        #expect(mistakes(["role": ["edge"]]).first?.hasPrefix("edge.hubs: an edge needs to know its hub") == true)
    }

    @Test func `keeps secrets from those who look at it`() throws {
        let file = "{ role: 'hub', hub: { issuer: 'curl --header Token:s3cret', certificatesFor: 's3cret' } }"
        let found = mistakes(file: file)
        #expect(found.count == 1)
        let right = try #require(try loaded(file: "{ role: 'hub', hub: { issuer: 'curl --header Token:s3cret' } }"))
        let report = ConfigurationReport(right)
        #expect(!report.table.contains("s3cret"))
        #expect(!report.json.contains("s3cret"))
        #expect(report.table.contains("(set, and not shown)"))
        #expect(right[Settings.issuer] == "curl --header Token:s3cret")
    }

    @Test func `is no longer than may be`() throws {
        let scratch = Scratch()
        let path = "\(scratch.path)/long.json5"
        let text = "{ role: 'hub' } //" + String(repeating: "x", count: Limits.Configuration.maximumBytes)
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        let loader = ConfigurationLoader(ground: ProcessGround())
        let error = #expect(throws: ConfigurationError.self) { try loader.load(file: path) }
        #expect(error?.description.contains("has more than \(Limits.Configuration.maximumBytes) bytes") == true)
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, by other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
