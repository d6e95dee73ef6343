internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore

/// A certificate for a node.
enum AuthorityIssueCommand {
    private static let role = Option<NodeRole>("role", "What the node does.")
    private static let tenant = Option<TenantID>("tenant", "Whose node it is.")
    private static let id = Option<NodeID>("id", "The node's name.")
    private static let dns = Option<[String]>(
        "dns",
        valueName: "NAME",
        "A host name that a hub answers under; repeat it."
    )
    private static let addresses = Option<[IPAddress]>("ip", "An address that a hub answers under; repeat it.")
    private static let life = Option<Lifetime>(
        "valid-for",
        default: Lifetime(seconds: NodeGrant.standardLife.components.seconds),
        "How long it counts, at most as long as the authority."
    )
    private static let out = Option<String?>(
        "out",
        as: .folder,
        "Where to put it (default: a folder named as the node)."
    )
    private static let request = Option<String?>(
        "csr",
        as: .file,
        "Certify the key of this request, and make none. Its names are not taken over."
    )

    static let command = Command(
        "issue",
        summary: "Issue a certificate to a node.",
        discussion: """
            It names the node as spiffe://mesh/TENANT/ROLE/ID. A hub's is good for servers and clients, under the host \
            names and addresses that are given; an edge's for clients only.
            """,
        parameters: [
            AuthorityCommand.folder, role, tenant, id, dns, addresses, life, out, request, AuthorityCommand.json,
            AuthorityCommand.quiet,
        ],
        examples: [
            "meshnode ca issue --role hub --tenant main --id hub-1 --dns hub-1.example.org --ip 192.0.2.7":
                "A hub, into the folder 'hub-1'.",
            "meshnode ca issue --role edge --tenant acme --id laptop-7 --valid-for 30d": "An edge, for a month.",
            "meshnode ca issue --role edge --tenant acme --id laptop-7 --csr laptop-7.csr":
                "An edge whose key was made on it and never leaves it.",
        ]
    ) { invocation in
        let identity = NodeIdentity(tenant: invocation[tenant], role: invocation[role], node: invocation[id])
        let grant = try NodeGrant(
            identity: identity,
            dnsNames: invocation[dns],
            addresses: invocation[addresses],
            life: invocation[life].duration
        )
        let target = IssuedFolder(path: invocation[out] ?? identity.node.text)
        try target.checkIsFree()
        let issued = try issue(grant, from: AuthorityFolder(path: invocation[AuthorityCommand.folder]), invocation)
        try target.create(issued.certificate, key: issued.key, authorities: issued.authorities)
        try report(issued, in: target, invocation)
        return .success
    }

    private typealias Issued = (certificate: Certificate, key: PrivateKey?, authorities: [Certificate])

    private static func issue(_ grant: NodeGrant, from folder: AuthorityFolder, _ invocation: Invocation) throws
        -> Issued
    {
        let authority = try folder.open()
        guard let path = invocation[request] else {
            let key = try KeyFile.make()
            let certificate = try authority.issue(grant, key: key, now: CommandTime.now)
            return (certificate, key, try folder.certificates())
        }
        let certificate = try authority.issue(grant, for: try CertificateRequest(path: path), now: CommandTime.now)
        return (certificate, nil, try folder.certificates())
    }

    private static func report(_ issued: Issued, in folder: IssuedFolder, _ invocation: Invocation) throws {
        let files = CredentialFiles(folder: folder.path)
        let certificate = issued.certificate
        if invocation[AuthorityCommand.json] {
            var paths = [("certificate", files.certificate), ("authorities", files.authorities)]
            if issued.key != nil { paths.append(("privateKey", files.privateKey)) }
            let report = CertificateReport(certificate, now: CommandTime.now)
            return try invocation.terminal.writeLine(report.json(adding: paths))
        }
        guard !invocation[AuthorityCommand.quiet] else { return }
        var lines = [
            "Issued '\(certificate.uris.joined())', which counts until \(certificate.validity.notAfter.day).",
            "  \(files.certificate)  its certificate",
            "  \(files.authorities)  whom it believes",
        ]
        if issued.key != nil { lines.append("  \(files.privateKey)  its key, for this node alone") }
        if certificate.validity.notAfter == issued.authorities[0].validity.notAfter {
            lines.append("It ends with its authority, before the time that was asked for.")
        }
        lines.append(
            issued.key == nil
                ? "Next: send both files to the node, and put its key beside them as node-key.pem."
                : "Next: move the folder to the node by a safe way (scp), and delete it here."
        )
        try invocation.terminal.write(lines.map { "\($0)\n" }.joined())
    }
}
