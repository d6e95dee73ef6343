internal import Glibc
internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore

/// Puts a node out of the mesh.
enum AuthorityRevokeCommand {
    private static let id = Argument<NodeID>("id", "The node's name.")
    private static let role = Option<NodeRole>("role", default: .edge, "What the node does.")
    private static let tenant = Option<TenantID>("tenant", "Whose node it is.")
    private static let reason = Option<String>("reason", default: "", "Why, for the log.")
    private static let notYet = ExitCode(rawValue: 3)
    private static let unknown = ExitCode(rawValue: 4)

    static let command = Command(
        "revoke",
        summary: "Put a node out of the mesh, with all its keys.",
        discussion: """
            The hub that runs on this folder carries it out within seconds: live links are cut, and neither a \
            resumption nor a handshake brings the node back. Only a token that is made afterwards does. Where no hub \
            runs, the order waits for it.
            """,
        parameters: [
            id, AuthorityCommand.folder, role, tenant, reason, AuthorityCommand.json, AuthorityCommand.quiet,
        ],
        examples: [
            "meshnode ca revoke laptop-7 --tenant acme --folder meshnode-hub/ca --reason stolen":
                "Returns when it counts."
        ],
        exitCodes: [
            notYet: "The order waits: no hub has carried it out within five seconds.",
            unknown: "Nobody has enrolled under that name; it is put out all the same.",
        ]
    ) { invocation in
        let identity = NodeIdentity(tenant: invocation[tenant], role: invocation[role], node: invocation[id])
        let folder = AuthorityFolder(path: invocation[AuthorityCommand.folder])
        _ = try folder.certificate()
        let file = try folder.revocationOrders.give(identity, reason: invocation[reason], now: CommandTime.now)
        var isWaiting = true
        for _ in 0..<50 where isWaiting {
            usleep(100_000)
            isWaiting = folder.revocationOrders.isWaiting(file)
        }
        let isUnknown = folder.revocationOrders.wasUnknown(file)
        try report(identity, isWaiting, isUnknown, invocation)
        return isWaiting ? notYet : isUnknown ? unknown : .success
    }

    private static func report(
        _ identity: NodeIdentity,
        _ isWaiting: Bool,
        _ isUnknown: Bool,
        _ invocation: Invocation
    ) throws {
        if isUnknown {
            invocation.terminal.writeErrorLine(
                "meshnode ca revoke: warning: nobody has enrolled as '\(identity)': is the name right? "
                    + "Whoever has a certificate of that name is out now."
            )
        }
        if invocation[AuthorityCommand.json] {
            let members = "\"revoked\":\(!isWaiting),\"unknown\":\(isUnknown)"
            let text = "{\"identity\":\(JSONText.quoted(identity.text)),\(members)}"
            return try invocation.terminal.writeLine(text)
        }
        guard !invocation[AuthorityCommand.quiet] else { return }
        try invocation.terminal.writeLine(
            isWaiting
                ? "The order waits: no hub that may read it runs on this folder. '\(identity)' is still in."
                : "'\(identity)' is out: its links are cut, and only a new enrolment token lets it in."
        )
    }
}
