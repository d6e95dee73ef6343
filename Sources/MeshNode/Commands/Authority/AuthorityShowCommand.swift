internal import Glibc
internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore

/// What is in certificates.
enum AuthorityShowCommand {
    private static let path = Argument<String>(
        "path",
        as: .file,
        default: "ca",
        "A file of certificates (PEM), or the folder of an authority or a node."
    )

    static let command = Command(
        "show",
        summary: "Show what certificates say, and how long they count.",
        discussion: "Nothing is verified; `meshnode ca check` does that.",
        parameters: [path, AuthorityCommand.json],
        examples: [
            "meshnode ca show": "The authority in the folder 'ca'.",
            "meshnode ca show hub-1/node.pem --json": "A node's certificate, for a program.",
        ],
        exitCodes: [AuthorityCommand.outsideItsTime: "One of the certificates is expired or not yet valid."]
    ) { invocation in
        var reports: [CertificateReport] = []
        let now = CommandTime.now
        for file in files(at: invocation[path]) {
            reports += try Certificate.all(in: file).map { CertificateReport($0, now: now) }
        }
        if invocation[AuthorityCommand.json] {
            try invocation.terminal.writeLine("[\(reports.map { $0.json() }.joined(separator: ","))]")
        } else {
            try invocation.terminal.write(reports.map(text).joined(separator: "\n"))
        }
        return reports.allSatisfy(\.counts) ? .success : AuthorityCommand.outsideItsTime
    }

    private static func text(_ report: CertificateReport) -> String {
        var table = Table(columns: [.init("what"), .init("value")])
        for row in report.rows { table.append(row) }
        return table.text
    }

    /// The file itself, or those of a folder that hold certificates.
    private static func files(at path: String) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        let names = [CredentialFiles.certificateName, CredentialFiles.authoritiesName]
        let found = names.map { name -> String in "\(path)/\(name)" }.filter { access($0, F_OK) == 0 }
        return found.isEmpty ? ["\(path)/\(CredentialFiles.authoritiesName)"] : found
    }
}
