package import MeshCore

/// What a node's certificate shall say: decided by the authority, whatever a request asks for.
package struct NodeGrant: Hashable, Sendable {
    /// Whom the certificate names.
    package let identity: NodeIdentity

    /// The host names that the node answers under; for hubs only.
    package let dnsNames: [String]

    /// The addresses that it answers under; for hubs only.
    package let addresses: [IPAddress]

    /// How long it counts, unless the authority's own time is over before.
    package let life: Duration

    /// The grant, or an error that says why no such certificate is issued.
    package init(
        identity: NodeIdentity,
        dnsNames: [String] = [],
        addresses: [IPAddress] = [],
        life: Duration = NodeGrant.standardLife
    ) throws(CertificateError) {
        guard identity.role == .hub || dnsNames.isEmpty && addresses.isEmpty else {
            throw CertificateError(.notIssuable, "an edge is called by nobody: it gets no host names and no addresses")
        }
        guard dnsNames.count + addresses.count < Limits.Certificate.maximumNames else {
            let limit = Limits.Certificate.maximumNames - 1
            throw CertificateError(.notIssuable, "more than \(limit) host names and addresses")
        }
        for name in dnsNames where !HostName.isValid(name) {
            throw CertificateError(.notIssuable, "'\(name)' is no host name")
        }
        guard life >= .seconds(1), life <= Limits.Certificate.maximumLife else {
            throw CertificateError(.notIssuable, "a life of \(life) is not between a second and a hundred years")
        }
        self.identity = identity
        self.dnsNames = dnsNames
        self.addresses = addresses
        self.life = life
    }

    /// What the certificate may be used for: hubs serve, and call other hubs.
    package var purposes: Set<CertificatePurpose> { Self.purposes(of: identity.role) }

    static func purposes(of role: NodeRole) -> Set<CertificatePurpose> {
        switch role {
        case .edge: [.client]
        case .hub: [.client, .server]
        }
    }

    /// Ninety days.
    package static let standardLife = Duration.seconds(90 * 86_400)
}

/// Names of hosts as certificates have them (RFC 1123): labels of letters, digits and hyphens.
package enum HostName {
    /// Whether `text` is one; neither an address nor a wildcard is.
    package static func isValid(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...253).contains(text.utf8.count), labels.allSatisfy(isLabel) else { return false }
        // A last label of digits alone is how addresses look.
        return !(labels.last ?? text.utf8[...]).allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
            return false
        }
        return label.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}
