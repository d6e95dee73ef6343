internal import MeshCertificates
internal import MeshCore

/// What a person or a program is told of a certificate.
struct CertificateReport {
    private let certificate: Certificate
    private let now: WallTime

    init(_ certificate: Certificate, now: WallTime) {
        self.certificate = certificate
        self.now = now
    }

    var counts: Bool { certificate.validity.contains(now) }

    /// Whole days until it ends; below zero when it has.
    private var daysLeft: Int64 {
        let left = certificate.validity.notAfter.millisecondsSince1970 - now.millisecondsSince1970
        return left < 0 ? (left + 1) / 86_400_000 - 1 : left / 86_400_000
    }

    private var state: String {
        if certificate.validity.contains(now) { return "valid" }
        return now < certificate.validity.notBefore ? "not yet valid" : "expired"
    }

    private var kind: String {
        if certificate.isAuthority { return "authority" }
        return (try? certificate.identity().role.rawValue) ?? "other"
    }

    private var purposes: [String] { certificate.purposes.map(\.rawValue).sorted() }

    /// One row for each thing that it says; what it does not say is left out.
    var rows: [[String]] {
        let rows = [
            ["kind", kind],
            ["subject", certificate.subject],
            ["issuer", certificate.issuer],
            ["identity", certificate.uris.joined(separator: ", ")],
            ["host names", certificate.dnsNames.joined(separator: ", ")],
            ["addresses", certificate.addresses.map(\.description).joined(separator: ", ")],
            ["use", purposes.joined(separator: ", ")],
            ["key", certificate.keyAlgorithm.description],
            ["signature", certificate.signatureAlgorithm],
            ["weakness", certificate.weakness ?? ""],
            ["from", certificate.validity.notBefore.description],
            ["until", certificate.validity.notAfter.description],
            ["state", "\(state), \(daysLeft) days left"],
            ["serial", Hexadecimal.encode(certificate.serial)],
            ["SHA-256", certificate.fingerprint.description],
        ]
        return rows.filter { !$0[1].isEmpty }
    }

    /// One JSON object, with further texts at its end.
    func json(adding more: [(String, String)] = []) -> String {
        let texts = [
            ("kind", kind), ("subject", certificate.subject), ("issuer", certificate.issuer), ("state", state),
            ("notBefore", certificate.validity.notBefore.description),
            ("notAfter", certificate.validity.notAfter.description),
            ("key", certificate.keyAlgorithm.description), ("signature", certificate.signatureAlgorithm),
            ("serial", Hexadecimal.encode(certificate.serial)), ("sha256", certificate.fingerprint.description),
        ]
        let lists = [
            ("uris", certificate.uris), ("dns", certificate.dnsNames),
            ("ip", certificate.addresses.map(\.description)), ("use", purposes),
        ]
        var members = texts.map { "\"\($0.0)\":\(JSONText.quoted($0.1))" }
        members.append("\"daysLeft\":\(daysLeft)")
        if let weakness = certificate.weakness { members.append("\"weakness\":\(JSONText.quoted(weakness))") }
        members += lists.map { "\"\($0.0)\":[\($0.1.map(JSONText.quoted).joined(separator: ","))]" }
        members += more.map { "\"\($0.0)\":\(JSONText.quoted($0.1))" }
        return "{\(members.joined(separator: ","))}"
    }
}
