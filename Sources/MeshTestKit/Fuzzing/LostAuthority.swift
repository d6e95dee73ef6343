internal import MeshCertificates
internal import MeshCore

/// The certificate of an authority whose key was thrown away when it was made, so that nothing is signed by it.
enum LostAuthority {
    /// Whoever is believed by this one has broken a signature.
    static let verifier = Base64URL.decode(text).flatMap { der in
        try? CertificateVerifier(trust: TrustAnchors(certificates: [der]))
    }

    private static let text = """
        MIIBiTCCATCgAwIBAgIQSgFVAFma2w5KluCXUXX_8zAKBggqhkjOPQQDAjASMRAwDgYDVQQDEwdMb3N0IENBMCAXDTI2MTEyMTEx\
        MjgxOVoYDzIxMjUwNjE1MTEzMzE5WjASMRAwDgYDVQQDEwdMb3N0IENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEToBbumgo\
        xt_QZVwcuxMchrKv93B84lopOM3fWVRpPQvkNAOzqTXSCwaPYBN6Up8EDy-XbKuQId0zHfKsf67ePqNmMGQwEgYDVR0TAQH_BAgw\
        BgEB_wIBADAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFG_war5QqnV5IT82lD3AtzN6xLzLMB8GA1UdIwQYMBaAFG_war5QqnV5\
        IT82lD3AtzN6xLzLMAoGCCqGSM49BAMCA0cAMEQCIAFvbIspKiy2oxqzsIC8REWC8-\
        MiHBgPop2yB6PTf5hkAiA1JGgOfraEUHxV1rvVu713D5YFqKc09C_wZCwT9XyR7A
        """
}
