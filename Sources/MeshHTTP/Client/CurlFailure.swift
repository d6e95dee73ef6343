internal import CMeshCurl
internal import Glibc
internal import MeshCore

/// What libcurl's codes mean in our words.
///
/// The text is the library's own for the code: it holds nothing of a request.
package enum CurlFailure {
    /// What `code` of a request means that has come so far; `systemError` is what the system has said last.
    static func error(
        _ code: CURLcode,
        _ progress: RequestProgress,
        isReadingHead: Bool = false,
        systemError: Int32? = nil
    ) -> HTTPError {
        let words = curl_easy_strerror(code).map { String(cString: $0) } ?? "unknown"
        let text = "\(words) (\(code.rawValue) of libcurl)"
        let cause = ClientFailure(
            progress: progress,
            libraryCode: code.rawValue,
            isNobodyThere: code == CURLE_COULDNT_CONNECT && systemError == ECONNREFUSED
        )
        return HTTPError(meaning(code.rawValue, progress, isReadingHead: isReadingHead), text, cause: cause)
    }

    /// What the library's `code` means where a request has come so far.
    package static func meaning(_ code: UInt32, _ progress: RequestProgress, isReadingHead: Bool) -> HTTPErrorCode {
        switch CURLcode(rawValue: code) {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY,
            CURLE_SSL_CONNECT_ERROR:
            .unreachable
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS:
            .untrusted
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM,
            CURLE_SEND_FAIL_REWIND, CURLE_ABORTED_BY_CALLBACK:
            // Before the request was sent this is the proxy, or TLS: there is no connection.
            progress < .sent ? .unreachable : .closed
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING: .malformed
        // The library's bound on one line of a head is met before ours, and it has no word of its own for that.
        // Anywhere else it means what it says.
        case CURLE_OUT_OF_MEMORY where isReadingHead: .tooLarge
        default: .libraryFailed
        }
    }
}
