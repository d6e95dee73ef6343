internal import CMeshCertificates
package import MeshCore

/// The private authority of a mesh: its self-signed certificate and its key, and what it issues.
///
/// A value without files and without a clock; ``AuthorityFolder`` keeps one on a disk.
package struct CertificateAuthority: Sendable {
    /// What nodes are given to believe.
    package let certificate: Certificate

    /// What it signs with.
    package let privateKey: PrivateKey

    /// The authority of these two, which must belong together.
    package init(certificate: Certificate, privateKey: PrivateKey) throws(CertificateError) {
        guard certificate.isAuthority else {
            throw CertificateError(.wrongKind, "the certificate of '\(certificate)' is not an authority's")
        }
        if let weakness = certificate.weakness {
            throw CertificateError(.weak, "the certificate of '\(certificate)' is not taken: \(weakness)")
        }
        try KeyFile.check(privateKey, fits: certificate)
        self.certificate = certificate
        self.privateKey = privateKey
    }

    /// A fresh authority, whose time begins a little before `now`.
    package static func make(
        name: String,
        algorithm: KeyAlgorithm = .p256,
        life: Duration = standardLife,
        now: WallTime
    ) throws(CertificateError) -> CertificateAuthority {
        guard (1...Limits.Certificate.maximumAuthorityNameBytes).contains(name.utf8.count),
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            let limit = Limits.Certificate.maximumAuthorityNameBytes
            throw CertificateError(
                .notIssuable,
                "an authority's name has 1 to \(limit) bytes and no control characters"
            )
        }
        guard life >= .seconds(1), life <= Limits.Certificate.maximumLife else {
            throw CertificateError(.notIssuable, "a life of \(life) is not between a second and a hundred years")
        }
        let key = try KeyHandle.generating(algorithm)
        let draft = try CertificateDraft.beginning(period(from: now, life))
        try draft.setSubject(name)
        try draft.setKey(key)
        try draft.makeAuthority()
        let certificate = try Certificate(der: try draft.sign(key))
        return try CertificateAuthority(certificate: certificate, privateKey: try key.privateKey())
    }

    /// A certificate as `grant` says for whoever holds the key of `request`.
    ///
    /// A request that asks for another identity is refused; all else that it asks for is ignored.
    package func issue(
        _ grant: NodeGrant,
        for request: CertificateRequest,
        now: WallTime
    ) throws(CertificateError) -> Certificate {
        for uri in request.uris where uri != grant.identity.text {
            throw CertificateError(.notIssuable, "the request asks for '\(uri)', not for '\(grant.identity)'")
        }
        let draft = try draft(grant, now)
        try draft.setKey(of: try RequestHandle.reading(request.der))
        return try sign(draft)
    }

    /// A certificate as `grant` says for the holder of `key`.
    package func issue(
        _ grant: NodeGrant,
        key: PrivateKey,
        now: WallTime
    ) throws(CertificateError) -> Certificate {
        let draft = try draft(grant, now)
        try draft.setKey(try KeyHandle.holding(key))
        return try sign(draft)
    }

    private func draft(_ grant: NodeGrant, _ now: WallTime) throws(CertificateError) -> CertificateDraft {
        let own = certificate.validity
        guard own.notAfter > now else {
            throw CertificateError(.expired, "the authority '\(certificate)' expired on \(own.notAfter.day)")
        }
        guard own.notBefore <= now else {
            throw CertificateError(.notYetValid, "the authority '\(certificate)' counts from \(own.notBefore.day)")
        }
        let wanted = Self.period(from: now, grant.life)
        let draft = try CertificateDraft.beginning(
            ValidityPeriod(
                notBefore: max(wanted.notBefore, own.notBefore),
                notAfter: min(wanted.notAfter, own.notAfter)
            )
        )
        try draft.setSubject(grant.identity.node.text, organisation: grant.identity.tenant.text)
        try draft.makeNode(grant)
        return draft
    }

    private func sign(_ draft: borrowing CertificateDraft) throws(CertificateError) -> Certificate {
        try Certificate(der: try draft.sign(try KeyHandle.holding(privateKey), issuer: certificate.der))
    }

    /// From a little before `now`, because clocks differ, for `life` from `now`.
    private static func period(from now: WallTime, _ life: Duration) -> ValidityPeriod {
        let (seconds, _) = life.components
        return ValidityPeriod(
            notBefore: now.moved(bySeconds: -toleratedSkew.components.seconds),
            notAfter: now.moved(bySeconds: seconds)
        )
    }

    /// Ten years.
    package static let standardLife = Duration.seconds(3_650 * 86_400)

    /// A clock that is behind by this much believes a certificate that was issued now.
    package static let toleratedSkew = Duration.seconds(300)
}

extension WallTime {
    func moved(bySeconds seconds: Int64) -> WallTime {
        WallTime(millisecondsSince1970: millisecondsSince1970 + seconds * 1_000)
    }

    /// The date alone, as in `2036-11-18`.
    package var day: Substring { description.prefix { $0 != "T" } }
}
