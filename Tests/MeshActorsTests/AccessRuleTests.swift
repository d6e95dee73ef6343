import MeshActors
import MeshCore
import Testing

@Suite struct AccessRuleTests {
    private let hub = identity("spiffe://mesh/acme/hub/hub-1")
    private let edge = identity("spiffe://mesh/acme/edge/laptop-7")

    private static func identity(_ text: String) -> NodeIdentity {
        do { return try NodeIdentity(text) } catch { preconditionFailure("\(error)") }
    }

    @Test func `A hub may call everything`() {
        for rule in [AccessRule.hubs, .edges(.none), .edges(.ownNode, commands: [1])] {
            #expect(rule.allows(hub, key: "anything", tag: 9))
        }
    }

    @Test func `A kind that says nothing takes no calls of edges`() {
        #expect(!AccessRule.hubs.allows(edge, key: "laptop-7", tag: 1))
    }

    @Test(arguments: [
        (AccessRule.Keys.ownNode, "laptop-7", true), (.ownNode, "laptop-8", false), (.ownNode, "laptop-7/x", false),
        (.ownTenant, "acme", true), (.ownTenant, "acme/usage", true), (.ownTenant, "acmee", false),
        (.ownTenant, "acme-2/usage", false), (.ownTenant, "other/acme", false), (.ownTenant, "ac", false),
        (.any, "whatever", true), (.none, "laptop-7", false),
    ])
    func `An edge names the keys that the rule gives it`(keys: AccessRule.Keys, key: String, isAllowed: Bool) {
        #expect(AccessRule.edges(keys).allows(edge, key: key, tag: 1) == isAllowed)
    }

    @Test func `A key that looks alike in Unicode is another key`() {
        // A slash and a combining stroke are one character, and still begin with the tenant and a slash.
        #expect(AccessRule.edges(.ownTenant).allows(edge, key: "acme/\u{338}x", tag: 1))
        #expect(!AccessRule.edges(.ownTenant).allows(edge, key: "acme\u{338}/x", tag: 1))
    }

    @Test func `An edge sends the commands that the rule gives it`() {
        let rule = AccessRule.edges(.any, commands: [1, 3])
        #expect(rule.allows(edge, key: "k", tag: 3))
        #expect(!rule.allows(edge, key: "k", tag: 2))
    }
}
