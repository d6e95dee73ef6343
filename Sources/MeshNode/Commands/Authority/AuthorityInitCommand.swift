internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore

/// A fresh authority.
enum AuthorityInitCommand {
    private static let name = Option<String>("name", default: "meshnode CA", "What the authority is called.")
    private static let algorithm = Option<AuthorityAlgorithm>("algorithm", default: .p256, "The sort of its key.")
    private static let life = Option<Lifetime>(
        "valid-for",
        default: Lifetime(seconds: CertificateAuthority.standardLife.components.seconds),
        "How long it counts."
    )

    static let command = Command(
        "init",
        summary: "Make an authority.",
        parameters: [AuthorityCommand.folder, name, algorithm, life, AuthorityCommand.json, AuthorityCommand.quiet],
        examples: [
            "meshnode ca init": "In the folder 'ca', for ten years.",
            "meshnode ca init --folder /srv/mesh-ca --name 'Acme mesh'": "Elsewhere, under a name of your own.",
        ]
    ) { invocation in
        let folder = AuthorityFolder(path: invocation[AuthorityCommand.folder])
        let name = invocation[name]
        let algorithm = invocation[algorithm].algorithm
        let life = invocation[life].duration
        try folder.create { () throws(CertificateError) in
            try .make(name: name, algorithm: algorithm, life: life, now: CommandTime.now)
        }
        try report(folder, invocation)
        return .success
    }

    private static func report(_ folder: AuthorityFolder, _ invocation: Invocation) throws {
        let certificate = try folder.certificate()
        if invocation[AuthorityCommand.json] {
            let report = CertificateReport(certificate, now: CommandTime.now)
            return try invocation.terminal.writeLine(
                report.json(adding: [("certificate", folder.certificatePath), ("privateKey", folder.privateKeyPath)])
            )
        }
        guard !invocation[AuthorityCommand.quiet] else { return }
        try invocation.terminal.write(
            """
            Made the authority '\(certificate)', which counts until \(certificate.validity.notAfter.day).
              \(folder.certificatePath)  its certificate, SHA-256 \(certificate.fingerprint)
              \(folder.privateKeyPath)  its key: whoever has it can be any node, so copy it to a safe place
            Next: meshnode ca issue --folder '\(folder.path)' --role hub --tenant main --id hub-1 --dns HOST

            """
        )
    }
}
