internal import CMeshQUIC

/// Tokens by which a client proves that it receives at the address it sends from: RFC 9000 §8.1.
///
/// A Retry's token proves it for one handshake, a later token for the next connections. Stateless: what is in them is
/// sealed with a secret of this endpoint's life.
struct AddressProof {
    private let secret: [UInt8]

    /// A prover with a fresh secret.
    init() { secret = .random(count: 32) }

    enum Verdict {
        /// The client answered our Retry; these were the ids before it.
        case afterRetry(original: ngtcp2_cid)
        /// The client has been here lately, from that address.
        case known
        /// The token says nothing: as if there were none.
        case unknown
        /// It claims to be a Retry's and is not: the client is told so (RFC 9000 §8.1.3).
        case invalid
    }

    func verdict(on initial: borrowing cmesh_quic_initial, from remote: ngtcp2_addr, now: UInt64) -> Verdict {
        guard let token = initial.token, initial.token_count > 0 else { return .unknown }
        var destination = initial.destination
        if token[0] == Self.retryMagic {
            var original = ngtcp2_cid()
            let status = ngtcp2_crypto_verify_retry_token(
                &original,
                token,
                initial.token_count,
                secret,
                secret.count,
                initial.version,
                remote.addr,
                remote.addrlen,
                &destination,
                Self.retryLife,
                now
            )
            return status == 0 ? .afterRetry(original: original) : .invalid
        }
        let status = ngtcp2_crypto_verify_regular_token(
            token,
            initial.token_count,
            secret,
            secret.count,
            remote.addr,
            remote.addrlen,
            Self.tokenLife,
            now
        )
        return status == 0 ? .known : .unknown
    }

    /// A Retry packet for `initial`.
    func retry(for initial: borrowing cmesh_quic_initial, from remote: ngtcp2_addr, now: UInt64) -> [UInt8]? {
        var (source, destination, client) = (ngtcp2_cid.random(), initial.destination, initial.source)
        var token = [UInt8](repeating: 0, count: 512)
        let tokenCount = ngtcp2_crypto_generate_retry_token(
            &token,
            secret,
            secret.count,
            initial.version,
            remote.addr,
            remote.addrlen,
            &source,
            &destination,
            now
        )
        guard tokenCount > 0 else { return nil }
        var packet = [UInt8](repeating: 0, count: 1_200)
        let count = ngtcp2_crypto_write_retry(
            &packet,
            packet.count,
            initial.version,
            &client,
            &source,
            &destination,
            token,
            tokenCount
        )
        return count > 0 ? Array(packet.prefix(count)) : nil
    }

    /// A token for the next connections from `remote`.
    func token(for remote: ngtcp2_addr, now: UInt64) -> [UInt8]? {
        var token = [UInt8](repeating: 0, count: 512)
        let count = ngtcp2_crypto_generate_regular_token(
            &token,
            secret,
            secret.count,
            remote.addr,
            remote.addrlen,
            now
        )
        return count > 0 ? Array(token.prefix(count)) : nil
    }

    private static let retryMagic = UInt8(NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY)
    private static let retryLife = UInt64(10) * NGTCP2_SECONDS_VALUE
    private static let tokenLife = UInt64(24 * 3_600) * NGTCP2_SECONDS_VALUE
}

private let NGTCP2_SECONDS_VALUE = UInt64(1_000_000_000)

extension [UInt8] {
    /// Bytes that nobody can guess.
    static func random(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let status = gnutls_rnd(GNUTLS_RND_KEY, &bytes, count)
        precondition(status == 0, "the system has no randomness")
        return bytes
    }
}

extension ngtcp2_cid {
    /// An id of our own.
    static func random() -> ngtcp2_cid {
        var id = ngtcp2_cid()
        id.datalen = ConnectionID.ownBytes
        withUnsafeMutableBytes(of: &id.data) { _ = gnutls_rnd(GNUTLS_RND_NONCE, $0.baseAddress, ConnectionID.ownBytes) }
        return id
    }
}
