internal import CMeshCertificates

/// What sort of key a certificate is about.
package enum KeyAlgorithm: Hashable, Sendable {
    /// ECDSA on the curve P-256.
    case p256
    /// ECDSA on the curve P-384.
    case p384
    /// EdDSA on Edwards' curve 25519.
    case ed25519
    /// RSA with a modulus of so many bits.
    case rsa(bits: Int)
    /// Anything else, by the library's name for it.
    case other(String)

    init(_ algorithm: Int32, bits: UInt32) {
        let algorithm = gnutls_pk_algorithm_t(rawValue: UInt32(max(0, algorithm)))
        self =
            switch (algorithm, bits) {
            case (GNUTLS_PK_ECDSA, 256): .p256
            case (GNUTLS_PK_ECDSA, 384): .p384
            case (GNUTLS_PK_EDDSA_ED25519, _): .ed25519
            case (GNUTLS_PK_RSA, _): .rsa(bits: Int(bits))
            default: .other("\(String(cString: gnutls_pk_get_name(algorithm))) of \(bits) bits")
            }
    }

    /// Why such a key is not taken; nil where it is.
    package var weakness: String? {
        switch self {
        case .p256, .p384, .ed25519: nil
        case .rsa(let bits) where bits < 2_048: "RSA of \(bits) bits, and fewer than 2048 are too weak"
        case .rsa(let bits) where bits > 4_096: "RSA of \(bits) bits, and more than 4096 are too slow"
        case .rsa: nil
        case .other(let name): "\(name), which is not one of P-256, P-384, Ed25519 and RSA"
        }
    }
}

extension KeyAlgorithm: CustomStringConvertible {
    package var description: String {
        switch self {
        case .p256: "P-256"
        case .p384: "P-384"
        case .ed25519: "Ed25519"
        case .rsa(let bits): "RSA-\(bits)"
        case .other(let name): name
        }
    }
}
