import Foundation
import MeshCore
import MeshGateway
import MeshIdentity
import MeshNode
import MeshPrivacy
import Testing

@Suite struct `What an edge is told of applications and personal data` {
    private func edge(_ words: [String: [String]]) throws -> EdgeSettings {
        let base = ["role": ["edge"], "edge.hubs": ["hub.example.org"]]
        return try EdgeSettings(try #require(try loaded(base.merging(words) { $1 })))
    }

    private func wrong(_ words: [String: [String]]) -> [String] {
        mistakes(["role": ["edge"], "edge.hubs": ["hub.example.org"]].merging(words) { $1 })
    }

    @Test func `each kind is replaced, refused or passed`() throws {
        let told = try edge(["edge.privacy.block": ["card", "iban"], "edge.privacy.pass": ["ip"]]).privacy.policy
        for kind in PersonalKind.allCases {
            let expected: PrivacyPolicy.Action =
                switch kind {
                case .card, .iban: .block
                case .ip: .pass
                default: .redact
                }
            #expect(told[kind] == expected)
        }
    }

    @Test func `a kind that is both refused and passed is a mistake, and so is one that nobody knows`() {
        let both = wrong(["edge.privacy.block": ["card"], "edge.privacy.pass": ["card"]])
        #expect(both.count == 1 && both.first?.hasPrefix("--privacy-pass: 'card' cannot pass and be refused") == true)
        let unknown = wrong(["edge.privacy.block": ["credit-card"]])
        #expect(unknown.first?.contains("expected person | email") == true, "\(unknown)")
    }

    @Test(arguments: [("folder", "folder.privacy-key"), ("a/b/", "a/b.privacy-key"), ("/", "/.privacy-key")])
    func `the key lies beside the folder`(data: String, key: String) throws {
        #expect(try edge(["data": [data]]).privacy.keyFile == key)
        #expect(try edge(["data": [data], "edge.privacyKey": ["/k"]]).privacy.keyFile == "/k")
    }

    @Test func `maps are kept within longestMapLifetime`() throws {
        #expect(try edge(["edge.privacy.keepFor": ["90d"]]).privacy.keepFor == Limits.Privacy.longestMapLifetime)
        for words in ["91d", "59s", "0s"] {
            #expect(wrong(["edge.privacy.keepFor": [words]]).first?.contains("90d at most") == true)
        }
    }

    // MARK: Own terms

    @Test func `a file of own terms has one a line, and perhaps its kind`() throws {
        let text = "# customers\n\n  Lindenhof Consulting \r\nperson: Rudi\nNote: Blue\naddress:Am Hang\n"
        let terms = try TermsFile.read(Array(text.utf8), path: "terms")
        #expect(
            terms.terms == [
                .init("Lindenhof Consulting"), .init("Rudi", kind: .person), .init("Note: Blue"),
                .init("Am Hang", kind: .address),
            ]
        )
        #expect(try TermsFile.read([], path: "terms") == OwnTerms())
    }

    @Test func `what is wrong with own terms is named by its line, and not said`() throws {
        let long = String(repeating: "secretname", count: 30)
        let error = #expect(throws: StartError.self) {
            _ = try TermsFile.read(Array("one\n\(long)\n".utf8), path: "terms")
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("edge.privacy.terms 'terms' line 2: the term has more than") == true)
        #expect(error?.message.contains("secretname") == false)
        #expect(throws: StartError.self) { _ = try TermsFile.read([0xFF, 0xFE], path: "terms") }
        #expect(throws: StartError.self) { _ = try TermsFile.read(Array("- - -".utf8), path: "terms") }
        let many = (0...Limits.Privacy.maximumTerms).map { "term\($0)\n" }.joined()
        #expect(throws: StartError.self) { _ = try TermsFile.read(Array(many.utf8), path: "terms") }
    }

    @Test func `a file longer than maximumTermsFileBytes is refused`() throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: Limits.Configuration.maximumTermsFileBytes)
        #expect(try TermsFile.read(bytes, path: "terms") == OwnTerms())
        #expect(throws: StartError.self) { _ = try TermsFile.read(bytes + [0x23], path: "terms") }
    }
}

@Suite struct `Who asks an edge` {
    private let folder: Scratch
    private let tenant: TenantID

    init() throws {
        folder = Scratch()
        tenant = try TenantID("acme")
    }

    private func file(_ text: String, mode: mode_t = 0o600) throws -> String {
        let path = "\(folder.path)/key"
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
        return path
    }

    @Test func `without a key everybody of this machine may do everything, whatever key is shown`() throws {
        let callers = try EdgeCallers(tenant: tenant, keyAt: nil)
        #expect(!callers.needsKey)
        #expect(callers.localCaller.tenant == tenant && callers.localCaller.scopes == Set(KeyScope.allCases))
        #expect(try callers.caller(showing: "mk_of-a-hub") == callers.localCaller)
    }

    @Test func `with a key nobody is known but by it`() throws {
        let callers = try EdgeCallers(tenant: tenant, keyAt: file("0123456789abcdef\n"))
        #expect(callers.needsKey)
        let caller = try callers.caller(showing: "0123456789abcdef")
        #expect(caller.tenant == tenant && caller.key == "edge")
        for text in ["", "0123456789abcdeF", "0123456789abcdef\n", "0123456789abcde", "0123456789abcdef0"] {
            #expect(throws: CallerError(.unknownKey, "")) { _ = try callers.caller(showing: text) }
        }
    }

    @Test func `keys from minimumEdgeKeyBytes to maximumEdgeKeyBytes are taken, and no others`() throws {
        for count in [Limits.Keys.minimumEdgeKeyBytes, Limits.Keys.maximumEdgeKeyBytes] {
            let text = String(repeating: "k", count: count)
            #expect(try EdgeCallers(tenant: tenant, keyAt: file(text)).caller(showing: text).key == "edge")
        }
        for count in [0, Limits.Keys.minimumEdgeKeyBytes - 1, Limits.Keys.maximumEdgeKeyBytes + 1] {
            let text = String(repeating: "k", count: count)
            #expect(throws: StartError.self) { _ = try EdgeCallers(tenant: tenant, keyAt: file(text)) }
        }
    }

    @Test func `a file that others can read, or that is no key, keeps the edge from starting`() throws {
        let words = try #require(
            throws: StartError.self,
            performing: { _ = try EdgeCallers(tenant: tenant, keyAt: file("0123456789abcdef", mode: 0o644)) }
        )
        #expect(words.code == .configuration && words.message.contains("chmod 600"))
        for text in ["0123456789abcdef\nsecond-line-of-it", "0123456789 abcdef", "0123456789abcdéf"] {
            let error = #expect(throws: StartError.self) { _ = try EdgeCallers(tenant: tenant, keyAt: file(text)) }
            #expect(error?.message.contains("0123456789") == false)
        }
        #expect(throws: StartError.self) { _ = try EdgeCallers(tenant: tenant, keyAt: "\(folder.path)/none") }
        #expect(throws: StartError.self) { _ = try EdgeCallers(tenant: tenant, keyAt: folder.path) }
    }
}
