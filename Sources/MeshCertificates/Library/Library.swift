internal import CMeshCertificates
internal import MeshCore

/// What every call of the library needs.
enum Library {
    /// Throws `code` where `status` is not a success; the library's own words go behind `problem`.
    static func check(
        _ status: Int32,
        _ code: CertificateErrorCode,
        _ problem: @autoclosure () -> String
    ) throws(CertificateError) {
        guard status < 0 else { return }
        throw CertificateError(code, "\(problem()): \(String(cString: gnutls_strerror(status)))")
    }

    /// Lends `bytes` in the library's form, which it reads and does not keep.
    static func withDatum<Result, Failure: Error>(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafePointer<gnutls_datum_t>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: UInt8.self)
        var datum = gnutls_datum_t(data: start, size: UInt32(clamping: bytes.count))
        return try body(&datum)
    }

    /// Lends an array in the library's form.
    static func withDatum<Result>(
        _ bytes: [UInt8],
        _ body: (UnsafePointer<gnutls_datum_t>) throws(CertificateError) -> Result
    ) throws(CertificateError) -> Result {
        try bytes.span.withUnsafeBytes { bytes throws(CertificateError) in try withDatum(bytes, body) }
    }

    /// What a call writes into a buffer of its own choosing of size; nil where there is nothing or it fails.
    static func bytes(_ read: (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>) -> Int32) -> [UInt8]? {
        var count = 0
        let status = read(nil, &count)
        guard status == GNUTLS_E_SHORT_MEMORY_BUFFER, count <= Limits.Certificate.maximumDERBytes else {
            return status == 0 ? [] : nil
        }
        var bytes = [UInt8](repeating: 0, count: count)
        guard read(&bytes, &count) == 0, count <= bytes.count else { return nil }
        return Array(bytes[..<count])
    }

    /// Takes over what a call has allocated, and frees it.
    static func taken(_ fill: (UnsafeMutablePointer<gnutls_datum_t>) -> Int32) -> [UInt8]? {
        var datum = gnutls_datum_t()
        guard fill(&datum) == 0 else { return nil }
        defer { cmesh_certificates_wipe(&datum) }
        return array(datum)
    }

    /// A copy of what `datum` points to.
    static func array(_ datum: gnutls_datum_t) -> [UInt8] {
        Array(UnsafeBufferPointer(start: datum.data, count: Int(datum.size)))
    }

    /// Random bytes for numbers that must not be guessed.
    static func randomBytes(_ count: Int) throws(CertificateError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try check(gnutls_rnd(GNUTLS_RND_NONCE, &bytes, count), .libraryFailed, "no random numbers")
        return bytes
    }

    /// Fills `bytes` with what may become a secret for years.
    static func fillWithKey(_ bytes: UnsafeMutableRawBufferPointer) throws(CertificateError) {
        try check(
            gnutls_rnd(GNUTLS_RND_KEY, bytes.baseAddress, bytes.count),
            .libraryFailed,
            "no random numbers"
        )
    }

    /// The moment that the library gives in seconds.
    static func moment(_ seconds: Int) -> WallTime? {
        guard seconds != -1 else { return nil }
        let (milliseconds, overflow) = Int64(seconds).multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : WallTime(millisecondsSince1970: milliseconds)
    }

    /// The library's word for a use.
    static func oid(of purpose: CertificatePurpose) -> String {
        switch purpose {
        case .client: "1.3.6.1.5.5.7.3.2"
        case .server: "1.3.6.1.5.5.7.3.1"
        }
    }
}
