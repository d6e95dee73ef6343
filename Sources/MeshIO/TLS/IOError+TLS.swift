internal import CMeshTLS
internal import MeshCore

extension MeshError<IOErrorCode> {
    /// What GnuTLS failed with; its words hold nothing of what was exchanged.
    static func tls(_ status: Int32, _ doing: String) -> IOError {
        let code: IOErrorCode =
            switch status {
            case GNUTLS_E_MEMORY_ERROR: .tooMany
            case GNUTLS_E_PREMATURE_TERMINATION: .peerLost
            default: .tlsRefused
            }
        return IOError(code, "\(doing): \(String(cString: gnutls_strerror(status)))")
    }

    /// Throws where credentials could not be made.
    static func checkTLS(_ status: Int32, _ problem: String) throws(IOError) {
        guard status < 0 else { return }
        throw IOError(.credentialsUnusable, "\(problem): \(String(cString: gnutls_strerror(status)))")
    }
}
