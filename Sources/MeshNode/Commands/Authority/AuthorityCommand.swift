internal import MeshCertificates
package import MeshCommandLine

/// `meshnode ca`: the private authority of a mesh, and what it issues.
package enum AuthorityCommand {
    static let folder = Option<String>("folder", as: .folder, default: "ca", "The authority's folder.")
    static let json = Flag("json", "Print JSON in place of text.")
    static let quiet = Flag("quiet", "Print nothing but errors.")
    static let outsideItsTime = ExitCode(rawValue: 3)

    /// The group of commands.
    package static let command = Command(
        "ca",
        summary: "Make the authority of a mesh, issue certificates and enrolment tokens, look at them.",
        discussion: """
            A mesh believes its own authority and nobody else's: a folder with a certificate, which every node is \
            given, and a key, which stays where it is. Whoever has that key can be any node: keep the folder off the \
            nodes, and keep a copy of it in a safe place.

            Nothing here overwrites a file but `rotate`, which exchanges the authority step by step.
            """,
        subcommands: [
            AuthorityInitCommand.command,
            AuthorityIssueCommand.command,
            AuthorityTokenCommand.command,
            AuthorityRotateCommand.command,
            AuthorityRevokeCommand.command,
            AuthorityShowCommand.command,
            AuthorityCheckCommand.command,
        ]
    )
}
