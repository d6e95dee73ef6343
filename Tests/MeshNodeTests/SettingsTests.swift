import MeshCommandLine
import MeshCore
import MeshIO
import MeshJSON
import MeshNode
import MeshTestKit
import MeshTunnel
import Testing

@Suite struct `The table of settings` {
    @Test func `names everything once, and has a default for every role`() throws {
        #expect(Set(Settings.all.map(\.path)).count == Settings.all.count)
        #expect(Set(Settings.all.map(\.flag)).count == Settings.all.count)
        #expect(Set(Settings.all.map(\.variable)).count == Settings.all.count)
        // Defaults that cannot be read would be a mistake of ours, and end the process.
        for role in NodeRole.allCases {
            #expect(try loaded(["role": [role.rawValue]])?.entries.count == Settings.all.count)
        }
        for row in Settings.all { #expect(row.summary.hasSuffix(".") && !row.roles.isEmpty, "\(row.path)") }
    }

    @Test func `makes variables of paths`() {
        #expect(Settings.listen.row.variable == "MESHNODE_HUB_LISTEN")
        #expect(Settings.certificatesFor.row.variable == "MESHNODE_HUB_CERTIFICATES_FOR")
        #expect(Settings.data.row.variable == "MESHNODE_DATA")
    }

    @Test func `is what docs say of it`() throws {
        let text = try #require(RepositoryFile.text("docs/configuration.md"))
        #expect(text == SettingsDocument.reference, "write it again: meshnode config reference > docs/configuration.md")
    }

    @Test(arguments: NodeRole.allCases)
    func `makes a file to begin with that says nothing but the role`(role: NodeRole) throws {
        let text = SettingsDocument.template(for: role)
        #expect(try JSONReader.read(text, as: .json5) == .object(try members(of: role)))
        let configuration = try #require(try loaded(file: text))
        #expect(configuration.entries.allSatisfy { $0.source == .standard || $0.row.path == "role" })
        for row in Settings.all where row.roles.contains(role) {
            #expect(text.contains("\(row.steps.last ?? ""): "), "\(row.path)")
        }
    }

    /// What the template says: the role, and sections that hold nothing.
    private func members(of role: NodeRole) throws -> JSONObject {
        var object = JSONObject()
        object["role"] = .string(role.rawValue)
        for row in Settings.all where row.roles.contains(role) && row.steps.count > 1 {
            var section = object[row.steps[0]]?.object ?? JSONObject()
            if row.steps.count > 2 { section[row.steps[1]] = .object(JSONObject()) }
            object[row.steps[0]] = .object(section)
        }
        return object
    }

    @Test(arguments: NodeRole.allCases)
    func `makes a file whose every line is right when it is uncommented`(role: NodeRole) throws {
        var lines: [Substring] = []
        for line in SettingsDocument.template(for: role).split(separator: "\n") {
            let words = line.drop { $0 == " " }
            let isSetting = words.hasPrefix("// ") && words.contains(": ") && words.contains(",")
            let isEmpty = words.contains("unless said")
            lines.append(isSetting && !isEmpty && !words.hasPrefix("// Settings") ? words.dropFirst(3) : line)
        }
        let flags: [String: [String]] = role == .edge ? ["edge.hubs": ["hub"]] : [:]
        #expect(mistakes(flags, file: lines.joined(separator: "\n")) == [])
    }

    @Test func `groups the flags by role in the help`() async {
        let command = Command("node", summary: "Be a node.", parameters: RoleCommand.parameters) { _ in .success }
        let pages = Lock("")
        let terminal = Terminal(
            isInteractive: false,
            width: 100,
            output: { text throws(TerminalError) in pages.withLock { $0 += text } },
            error: { _ throws(TerminalError) in }
        )
        _ = await Program(command, version: "1").run(arguments: ["--help"], terminal: terminal)
        let page = pages.withLock { $0 }
        let parts = ["\nOPTIONS\n", "\nHUB OPTIONS\n", "\nEDGE OPTIONS\n"].map { page.ranges(of: $0).first?.lowerBound }
        #expect(parts.allSatisfy { $0 != nil } && parts.compactMap { $0 } == parts.compactMap { $0 }.sorted())
        let edges = page[(parts[2] ?? page.endIndex)...]
        #expect(edges.contains("--hub HOST[:PORT]") && !edges.contains("--listen"))
    }
}

@Suite struct `An address to listen at` {
    @Test(arguments: ["127.0.0.1:7411", "[::]:0", "localhost:7411", "hub-1.example.org:0"])
    func `is written back as it was`(text: String) throws {
        #expect(try #require(ListenAddress(text)).description == text)
    }

    @Test(arguments: [
        "", "localhost", "7411", ":7411", "localhost:", "localhost:70000", "1.2.3:1", "::1:7411", "a/b:1", "a b:1",
    ])
    func `is refused where it is none`(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test func `of a name is its first of IPv4`() async throws {
        let resolver = FixedResolver(addresses: ["::1", "127.0.0.1", "127.0.0.2"].compactMap { IPAddress($0) })
        let name = try #require(ListenAddress("localhost:7411"))
        #expect(try await name.resolved(by: resolver).description == "127.0.0.1:7411")
        let lone = FixedResolver(addresses: ["::1"].compactMap { IPAddress($0) })
        #expect(try await name.resolved(by: lone).description == "[::1]:7411")
        let error = await #expect(throws: StartError.self) { try await name.resolved(by: FixedResolver(addresses: [])) }
        #expect(error?.code == .address)
    }
}

/// Answers every name alike.
private struct FixedResolver: HubResolver {
    let addresses: [IPAddress]

    func addresses(of host: String) async throws(ResolverError) -> [IPAddress] { addresses }

    func services(of name: String) async throws(ResolverError) -> [ServiceRecord] { [] }
}
