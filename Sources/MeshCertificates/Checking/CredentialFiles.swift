package import MeshCore

/// Where a node's certificate, its key and the authorities that it believes are.
package struct CredentialFiles: Hashable, Sendable {
    /// PEM: the node's certificate, then those between it and a root.
    package let certificate: String

    /// PEM: its key, open to nobody else.
    package let privateKey: String

    /// PEM: the authorities.
    package let authorities: String

    /// These files.
    package init(certificate: String, privateKey: String, authorities: String) {
        self.certificate = certificate
        self.privateKey = privateKey
        self.authorities = authorities
    }

    /// The files of a node's folder: those that `meshnode ca issue` writes there, or the latest of
    /// ``CredentialFolder``.
    package init(folder: String) {
        let folder = CredentialFolder(path: folder).latest ?? folder
        self.init(
            certificate: "\(folder)/\(Self.certificateName)",
            privateKey: "\(folder)/\(Self.privateKeyName)",
            authorities: "\(folder)/\(Self.authoritiesName)"
        )
    }

    /// Everything in them, checked to fit at `now`; the error names the file and the reason.
    package func load(now: WallTime) throws(CertificateError) -> NodeCredentials {
        let trust = try Self.trust(authorities)
        let privateKey = try KeyFile.read(privateKey)
        return try PEMFile.naming(certificate) { () throws(CertificateError) in
            let found = try Certificate.all(in: certificate)
            // The root itself adds nothing: who does not have it does not believe it.
            let chain = found.enumerated().filter { $0.offset == 0 || !trust.certificates.contains($0.element.der) }
                .map(\.element.der)
            try KeyFile.check(privateKey, fits: found[0])
            let verifier = try CertificateVerifier(trust: trust)
            let own = try PeerCertificate(try verifier.verifyAuthority(chain, now: now))
            for purpose in NodeGrant.purposes(of: own.identity.role).sorted(by: { $0.rawValue < $1.rawValue }) {
                _ = try verifier.verify(chain: chain, purpose: purpose, now: now)
            }
            return NodeCredentials(
                identity: own.identity,
                chain: chain,
                privateKey: privateKey,
                trust: trust,
                validity: own.validity
            )
        }
    }

    /// The same where the certificate has expired: everything is checked as at its last moment.
    ///
    /// For a device that comes home by the key of it; nobody else believes it.
    package func loadExpired(now: WallTime) throws(CertificateError) -> NodeCredentials {
        let end = try Certificate.all(in: certificate)[0].validity.notAfter
        return try load(now: min(now, end))
    }

    /// The authorities in the file at `path`: each an authority's certificate and strong, whatever its time.
    package static func trust(_ path: String) throws(CertificateError) -> TrustAnchors {
        try PEMFile.naming(path) { () throws(CertificateError) in
            let roots = try Certificate.all(in: path)
            guard roots.count <= Limits.Credentials.maximumRoots else {
                let limit = Limits.Credentials.maximumRoots
                throw CertificateError(
                    .wrongContent,
                    "it holds \(roots.count) authorities, and at most \(limit) are believed"
                )
            }
            for root in roots {
                guard root.isAuthority else {
                    throw CertificateError(.wrongKind, "the certificate of '\(root)' is not an authority's")
                }
                if let weakness = root.weakness {
                    throw CertificateError(.weak, "the certificate of '\(root)' is not taken: \(weakness)")
                }
            }
            return TrustAnchors(certificates: roots.map(\.der))
        }
    }

    /// The file with a node's certificate.
    package static let certificateName = "node.pem"

    /// The file with its key.
    package static let privateKeyName = "node-key.pem"

    /// The file with the authorities that it believes.
    package static let authoritiesName = "ca.pem"
}

extension Certificate {
    /// Every certificate in a PEM file, at least one.
    package static func all(in path: String) throws(CertificateError) -> [Certificate] {
        try PEMFile.naming(path) { () throws(CertificateError) in
            var certificates: [Certificate] = []
            for der in try PEMFile.many(path, ["CERTIFICATE"], what: "certificate") {
                certificates.append(try Certificate(der: der))
            }
            return certificates
        }
    }

    /// All certificates of a text in PEM, at least one.
    package static func all(pem text: [UInt8]) throws(CertificateError) -> [Certificate] {
        try text.span.withUnsafeBytes { text throws(CertificateError) in
            var certificates: [Certificate] = []
            for block in try PEM.blocks(in: text) where block.label == "CERTIFICATE" {
                certificates.append(try Certificate(der: try PEM.decode(block, in: text).array))
            }
            guard certificates.isEmpty else { return certificates }
            throw CertificateError(.wrongContent, "it holds no certificate")
        }
    }

    /// The certificate in PEM.
    package var pem: String { PEMFile.text("CERTIFICATE", der) }

    /// Makes the file, which must not exist, with this certificate, for all to read.
    package func create(_ path: String) throws(CertificateError) {
        try CertificateFile.create(path, der.span.withUnsafeBytes { PEM.encode("CERTIFICATE", $0) }, mode: 0o644)
    }
}
