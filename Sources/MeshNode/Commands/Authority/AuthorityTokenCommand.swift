internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore
internal import MeshIdentity

/// A token by which one device gets its first certificate.
enum AuthorityTokenCommand {
    private static let role = Option<NodeRole>("role", default: .edge, "What the node will do.")
    private static let tenant = Option<TenantID>("tenant", "Whose node it is.")
    private static let id = Option<NodeID?>("id", "The node's name; without it the device chooses one.")
    private static let life = Option<Lifetime>(
        "valid-for",
        default: Lifetime(seconds: Limits.Enrolment.maximumTokenLife.components.seconds),
        "How long the token counts, at most 15m."
    )

    static let command = Command(
        "token",
        summary: "Make a token by which one device enrols.",
        discussion: """
            The token is spent by the first device that shows it to the hub, and counts for minutes. It needs no \
            running hub; the hub must have the same authority, and 'token-key' of its folder. Whoever has the token \
            can become that node: send it by a way that nobody else reads, and type it with `meshnode enrol -` where \
            others see the machine's processes.

            Without --id it is good for any name of the tenant that no node has yet. A name that a node has enrols \
            again, with a new key, only by a token with that --id; when the new key is used, the old one ends.

            A device that was revoked comes back by a token with its --id that was made after that, and by nothing \
            else.
            """,
        parameters: [
            AuthorityCommand.folder, role, tenant, id, life, AuthorityCommand.json, AuthorityCommand.quiet,
        ],
        examples: [
            "meshnode ca token --tenant acme": "An edge of 'acme' that chooses its own name.",
            "meshnode ca token --tenant acme --id laptop-7 --valid-for 5m": "For one name, and five minutes.",
        ]
    ) { invocation in
        let folder = AuthorityFolder(path: invocation[AuthorityCommand.folder])
        let authority = try folder.certificate()
        // Drawn by the machine: no two tokens are alike, and nobody guesses one.
        var generator = SystemRandomNumberGenerator()
        let claims = try EnrolmentClaims(
            tenant: invocation[tenant],
            role: invocation[role],
            node: invocation[id],
            issued: CommandTime.now,
            life: invocation[life].duration,
            tokenID: UniqueID(high: generator.next(), low: generator.next()),
            authority: authority.fingerprint
        )
        let token = EnrolmentToken(claims, key: try folder.tokenKey(makeIfMissing: true))
        try report(token, invocation)
        return .success
    }

    private static func report(_ token: EnrolmentToken, _ invocation: Invocation) throws {
        let claims = token.claims
        if invocation[AuthorityCommand.json] {
            var members = [
                ("token", token.text), ("tenant", claims.tenant.text), ("role", claims.role.rawValue),
                ("until", claims.until.description), ("authority", claims.authority.description),
            ]
            if let node = claims.node { members.append(("id", node.text)) }
            let object = members.map { "\"\($0.0)\":\(JSONText.quoted($0.1))" }.joined(separator: ",")
            return try invocation.terminal.writeLine("{\(object)}")
        }
        guard !invocation[AuthorityCommand.quiet] else { return try invocation.terminal.writeLine(token.text) }
        try invocation.terminal.write(
            """
            For \(claims.subject), once, until \(claims.until):

            \(token.text)

            On the device: meshnode enrol \(token.text) --hub HOST:PORT

            """
        )
    }
}
