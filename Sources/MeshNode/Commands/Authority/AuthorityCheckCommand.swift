internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore

/// Whether a node would start with what it was given.
enum AuthorityCheckCommand {
    private static let folder = Argument<String>("folder", as: .folder, default: ".", "A node's folder.")
    private static let certificate = Option<String?>("certificate", as: .file, "The node's certificate, if elsewhere.")
    private static let key = Option<String?>("key", as: .file, "Its key, if elsewhere.")
    private static let authorities = Option<String?>("ca", as: .file, "The authorities that it believes, if elsewhere.")

    static let command = Command(
        "check",
        summary: "Check that a node's certificate, key and authorities fit together.",
        discussion: "Checks what a node checks when it starts, and says what is wrong and where.",
        parameters: [folder, certificate, key, authorities, AuthorityCommand.json, AuthorityCommand.quiet],
        examples: [
            "meshnode ca check hub-1": "What `meshnode ca issue` has written.",
            "meshnode ca check --certificate tls.crt --key tls.key --ca ca.crt": "What another authority has issued.",
        ]
    ) { invocation in
        let standard = CredentialFiles(folder: invocation[folder])
        let files = CredentialFiles(
            certificate: invocation[certificate] ?? standard.certificate,
            privateKey: invocation[key] ?? standard.privateKey,
            authorities: invocation[authorities] ?? standard.authorities
        )
        let credentials = try files.load(now: CommandTime.now)
        if invocation[AuthorityCommand.json] {
            let report = CertificateReport(try Certificate(der: credentials.chain[0]), now: CommandTime.now)
            try invocation.terminal.writeLine(report.json())
        } else if !invocation[AuthorityCommand.quiet] {
            let end = credentials.validity.notAfter
            try invocation.terminal.writeLine(
                "'\(credentials.identity)' can start; its certificate counts until \(end.day)."
            )
        }
        return .success
    }
}
