import MeshCore
import Testing

@Suite struct `A node's identity` {
    @Test(arguments: [
        "spiffe://mesh/acme/edge/laptop-7", "spiffe://mesh/a/hub/b", "spiffe://mesh/lab.eu_1/hub/hub-1.lab",
    ])
    func `there is one spelling, both ways`(text: String) throws {
        #expect(try NodeIdentity(text).text == text)
    }

    @Test func `its parts are the tenant, the role and the node`() throws {
        let identity = try NodeIdentity("spiffe://mesh/acme/hub/hub-1")
        #expect(identity.tenant.text == "acme")
        #expect(identity.role == .hub)
        #expect(identity.node.text == "hub-1")
        #expect(identity == NodeIdentity(tenant: try TenantID("acme"), role: .hub, node: try NodeID("hub-1")))
        #expect("\(identity)" == "spiffe://mesh/acme/hub/hub-1")
    }

    @Test func `the longest ids fit`() throws {
        let name = String(repeating: "x", count: Limits.Identifier.maximumBytes)
        let text = "spiffe://mesh/\(name)/edge/\(name)"
        #expect(text.utf8.count <= Limits.Identity.maximumBytes)
        #expect(try NodeIdentity(text).text == text)
    }

    @Test(arguments: [
        "", "spiffe://mesh", "spiffe://mesh/", "spiffe://mesh/acme", "spiffe://mesh/acme/hub", "spiffe://mesh///",
        "spiffe://mesh/acme/hub/", "spiffe://mesh/acme/hub/a/", "spiffe://mesh/acme/hub/a/b", "spiffe://mesh//hub/a",
        "SPIFFE://mesh/acme/hub/a", "spiffe://Mesh/acme/hub/a", "spiffe://other/acme/hub/a", "spiffe:///acme/hub/a",
        "spiffe://mesh:443/acme/hub/a", "spiffe://user@mesh/acme/hub/a", "https://mesh/acme/hub/a",
        "spiffe://mesh/acme/Hub/a", "spiffe://mesh/acme/admin/a", "spiffe://mesh/acme//a", "spiffe://mesh/Acme/hub/a",
        "spiffe://mesh/acme/hub/a%2fb", "spiffe://mesh/acme/hub/%61", "spiffe://mesh/acme/hub/..",
        "spiffe://mesh/./hub/a", "spiffe://mesh/acme/hub/a?x=1", "spiffe://mesh/acme/hub/a#x",
        "spiffe://mesh/acme/hub/a ", " spiffe://mesh/acme/hub/a", "spiffe://mesh/acme/hub/a\n",
        "spiffe://mesh/acme/hub/a\u{0}",
        "spiffe://mesh/acme/hub/a\u{0}.evil", "spiffe://mesh/acme/\u{0301}hub/a", "spiffe://mesh/acme/hub/ä",
        "spiffe://mesh/acme/hub/\u{FF41}",
        "spiffe://mesh/\(String(repeating: "x", count: 64))/hub/a",
        String(repeating: "x", count: Limits.Identity.maximumBytes + 1),
    ])
    func `anything else is no identity`(text: String) {
        #expect(throws: CoreError(.malformedIdentity, "")) { try NodeIdentity(text) }
    }

    @Test func `the message names the rule`() {
        #expect { try NodeIdentity("spiffe://mesh/Acme/hub/a") } throws: { error in
            "\(error)" == "core.malformedIdentity: a node's identity is made of ids: "
                + "a tenant id is made of lowercase letters, digits, '-', '_' and '.'"
        }
    }
}
