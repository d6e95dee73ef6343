internal import Glibc
package import MeshCertificates
package import MeshCore

/// Has certificates signed by a command: the way to an authority that is somebody else's.
///
/// It reads the request in PEM from its standard input and writes the certificate in PEM, then those between it and a
/// root, to its standard output; it ends with 0. What the certificate shall say is in its environment: `MESH_IDENTITY`
/// (the only URI among its names), `MESH_TENANT`, `MESH_ROLE`, `MESH_NODE`, `MESH_LIFE_SECONDS`, `MESH_USAGE`
/// (`clientAuth`, or both for a hub). Nothing of that is taken on trust: the certificate must name the identity and the
/// key, and lead to an authority of `authorities`.
package struct CommandIssuer: CertificateIssuer {
    private let words: [String]
    private let authoritiesPath: String
    private let patience: Duration
    private let running = Lock(0)

    /// Runs `words`, a program and its arguments; the file `authorities` (PEM) says which roots count.
    package init(
        _ words: [String],
        authorities: String,
        patience: Duration = Limits.IssuerCommand.patience
    ) throws(CertificateError) {
        guard !words.isEmpty else { throw CertificateError(.issuerFailed, "there is no command that signs") }
        self.words = words
        authoritiesPath = authorities
        self.patience = patience
        _ = try CredentialFiles.trust(authorities)
    }

    /// Those in the file, which is read each time.
    package func authorities() throws(CertificateError) -> [Certificate] {
        _ = try CredentialFiles.trust(authoritiesPath)
        return try Certificate.all(in: authoritiesPath)
    }

    /// A certificate of the command.
    package func issue(
        _ grant: NodeGrant,
        for request: CertificateRequest,
        now: WallTime
    ) async throws(CertificateError) -> [Certificate] {
        let hasRoom = running.withLock { running in
            guard running < Limits.IssuerCommand.maximumConcurrent else { return false }
            running += 1
            return true
        }
        guard hasRoom else { throw CertificateError(.issuerFailed, "too many certificates are asked for at once") }
        defer { running.withLock { $0 -= 1 } }
        let outcome = await FilterProcess.run(
            words,
            environment: Self.environment(of: grant),
            input: Array(request.pem.utf8),
            maximumOutputBytes: Limits.IssuerCommand.maximumOutputBytes,
            patience: patience
        )
        let chain = try Self.certificates(of: outcome)
        guard chain.count <= Limits.Credentials.maximumChain else {
            throw CertificateError(.issuerFailed, "the command that signs has written \(chain.count) certificates")
        }
        let trust = try CredentialFiles.trust(authoritiesPath)
        let verifier = try CertificateVerifier(trust: trust)
        try verifier.check(chain, names: grant.identity, keyID: request.keyID, now: now)
        // A root at the end adds nothing, and a device knows it from elsewhere.
        return chain.enumerated().filter { $0.offset == 0 || !trust.certificates.contains($0.element.der) }.map(
            \.element
        )
    }

    private static func certificates(of outcome: FilterOutcome) throws(CertificateError) -> [Certificate] {
        switch outcome {
        case .ended(.exited(0), let output):
            do throws(CertificateError) { return try Certificate.all(pem: output) } catch {
                throw CertificateError(
                    .issuerFailed,
                    "what the command that signs has written cannot be read: \(error.message)",
                    cause: error
                )
            }
        case .ended(.exited(let code), _):
            throw CertificateError(.issuerFailed, "the command that signs has ended with \(code)")
        case .ended(.killed(let signal), _):
            throw CertificateError(.issuerFailed, "the command that signs was ended by signal \(signal)")
        case .notStarted(let why):
            throw CertificateError(.issuerFailed, "the command that signs cannot be started: \(why)")
        case .killed(let why):
            throw CertificateError(.issuerFailed, "the command that signs was killed: \(why)")
        }
    }

    private static func environment(of grant: NodeGrant) -> [String] {
        let identity = grant.identity
        let usage = identity.role == .hub ? "serverAuth,clientAuth" : "clientAuth"
        var variables = [
            "MESH_IDENTITY=\(identity)", "MESH_TENANT=\(identity.tenant)", "MESH_ROLE=\(identity.role.rawValue)",
            "MESH_NODE=\(identity.node)", "MESH_LIFE_SECONDS=\(grant.life.components.seconds)", "MESH_USAGE=\(usage)",
        ]
        // What programs need to be found and to find their own; nothing of ours that may be a secret.
        for name in ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "OPENSSL_CONF"] {
            if let value = getenv(name) { variables.append("\(name)=\(String(cString: value))") }
        }
        return variables
    }
}
