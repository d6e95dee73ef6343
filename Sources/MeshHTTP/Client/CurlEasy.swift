internal import CMeshCurl
internal import Glibc
internal import MeshCore

/// One handle of libcurl, used for one transfer after the other.
///
/// What never changes is set once; the rest with each request. Confined to the loop of its multi handle.
final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    /// Whose callbacks are called.
    fileprivate weak var transfer: CurlTransfer?
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let prefersHTTP2: Bool
    private let userAgent: String

    /// Nil where there is no memory, or the library has not all that is needed.
    init?(_ configuration: ClientConfiguration) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        prefersHTTP2 = configuration.prefersHTTP2
        userAgent = configuration.userAgent
        let context = Unmanaged.passUnretained(self).toOpaque()
        cmesh_curl_set_callbacks(handle, context, takeHead, takeBody, giveBody, beginRequest, hearWords)
        guard set(configuration) else { return nil }
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fields)
    }

    private func set(_ configuration: ClientConfiguration) -> Bool {
        var codes = [
            cmesh_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            cmesh_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            // Without it, taking out a transfer that waits for a name would block until the name is there.
            cmesh_curl_set_long(handle, CURLOPT_QUICK_EXIT, 1),
            // A path goes out as it was checked: no dots are resolved on the way.
            cmesh_curl_set_long(handle, CURLOPT_PATH_AS_IS, 1),
            cmesh_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            cmesh_curl_set_long(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2),
            cmesh_curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
            cmesh_curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
            cmesh_curl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1),
            cmesh_curl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
            // Said to be none, so that no variable of the environment says another or an exception.
            cmesh_curl_set_text(handle, CURLOPT_PROXY, configuration.proxy.map { "\($0.origin)" } ?? ""),
            cmesh_curl_set_text(handle, CURLOPT_NOPROXY, ""),
        ]
        // The system's authorities are looked up one by one in its folder of hashed names. Reading the file that has
        // all of them takes 18 ms for each new connection, and the loop stands still meanwhile.
        codes.append(cmesh_curl_set_text(handle, CURLOPT_CAINFO, nil))
        if case .authorities(let pem) = configuration.trust {
            codes.append(cmesh_curl_set_text(handle, CURLOPT_CAPATH, nil))
            codes.append(cmesh_curl_set_blob(handle, CURLOPT_CAINFO_BLOB, pem, pem.count))
        }
        if let identity = configuration.identity {
            codes.append(cmesh_curl_set_text(handle, CURLOPT_SSLCERTTYPE, "PEM"))
            let certificates = identity.certificates
            codes.append(cmesh_curl_set_blob(handle, CURLOPT_SSLCERT_BLOB, certificates, certificates.count))
            codes.append(cmesh_curl_set_text(handle, CURLOPT_SSLKEYTYPE, "PEM"))
            identity.key.withBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                codes.append(cmesh_curl_set_blob(handle, CURLOPT_SSLKEY_BLOB, start, bytes.count))
            }
        }
        return codes.allSatisfy { $0 == CURLE_OK }
    }
}

// MARK: - A transfer

extension CurlEasy {
    /// Makes the handle ready for `request`; its callbacks are those of `transfer` until ``release()``.
    func prepare(_ request: ClientRequest, for transfer: CurlTransfer, connect: Duration?) throws(HTTPError) {
        self.transfer = transfer
        cmesh_curl_set_text(handle, CURLOPT_URL, request.url.text)
        try setMethod(request)
        try setFields(request)
        let isShared = Self.isShared(request, prefersHTTP2)
        let version = isShared ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        cmesh_curl_set_long(handle, CURLOPT_HTTP_VERSION, version)
        cmesh_curl_set_long(handle, CURLOPT_PIPEWAIT, isShared ? 1 : 0)
        // The only way to hear which streams a server has refused: ``CurlWords``.
        cmesh_curl_set_long(handle, CURLOPT_VERBOSE, isShared ? 1 : 0)
        // Ours is exact; the library divides its own among the addresses of a name.
        let milliseconds = connect.map { Int(clamping: $0.wholeNanoseconds / 1_000_000 + 1) } ?? Self.longestConnect
        cmesh_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, Self.longestConnect))
    }

    /// Lets go of the transfer; the handle can be used for another.
    func release() {
        transfer = nil
        cmesh_curl_set_list(handle, CURLOPT_HTTPHEADER, nil)
        curl_slist_free_all(fields)
        fields = nil
        cmesh_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, nil)
    }

    /// How many connections were made for the transfer: none where one was used again.
    var connectionsMade: Int { cmesh_curl_info_long(handle, CURLINFO_NUM_CONNECTS) }

    /// What the system has said when no connection could be made.
    var systemError: Int32 { Int32(clamping: cmesh_curl_info_long(handle, CURLINFO_OS_ERRNO)) }

    /// Whether a request may share a connection of HTTP/2.
    static func isShared(_ request: ClientRequest, _ prefersHTTP2: Bool) -> Bool {
        prefersHTTP2 && request.sharesConnection && request.url.origin.scheme == .https
    }

    private func setMethod(_ request: ClientRequest) throws(HTTPError) {
        let name = request.method.name
        guard !name.isEmpty, name.utf8.allSatisfy(HTTPFieldName.isTokenByte), request.method != .connect else {
            throw HTTPError(.malformed, "the method is none")
        }
        // Undoes whatever the last request has set.
        cmesh_curl_set_long(handle, CURLOPT_HTTPGET, 1)
        let natural: HTTPMethod
        switch request.body {
        case .empty where request.method == .head:
            cmesh_curl_set_long(handle, CURLOPT_NOBODY, 1)
            natural = .head
        case .empty where ![.post, .put, .patch].contains(request.method): natural = .get
        case .empty:
            setBytes([])
            natural = .post
        case .bytes, .stream:
            guard request.method != .head else { throw HTTPError(.malformed, "a HEAD with a body") }
            if case .bytes(let bytes) = request.body, bytes.count <= Limits.HTTPClient.bytesSentAtOnce {
                setBytes(bytes)
                natural = .post
            } else {
                cmesh_curl_set_long(handle, CURLOPT_UPLOAD, 1)
                let length = TransferUpload.length(of: request.body).map { Int(clamping: $0) } ?? -1
                cmesh_curl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, length)
                natural = .put
            }
        }
        cmesh_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method == natural ? nil : name)
    }

    private func setBytes(_ bytes: [UInt8]) {
        cmesh_curl_set_long(handle, CURLOPT_POST, 1)
        cmesh_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
        _ = bytes.withUnsafeBytes {
            cmesh_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress ?? Self.nothing)
        }
    }

    private func setFields(_ request: ClientRequest) throws(HTTPError) {
        var lines: [[UInt8]] = []
        var seen: Set<String> = []
        for (name, value) in request.fields.all where !Self.ours.contains(name) {
            seen.insert(name)
            // A semicolon is the library's own way to write a field without a value; blanks alone would take it out.
            let isBlank = value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(Array((isBlank ? "\(name);" : "\(name): \(value)").utf8))
        }
        if !seen.contains("user-agent") { lines.append(Array("user-agent: \(userAgent)".utf8)) }
        // What the library would add by itself is named without a value, which takes it out.
        if !seen.contains("content-type") { lines.append(Array("content-type:".utf8)) }
        lines.append(Array("expect:".utf8))
        for line in lines {
            let longer = (line + [0]).withUnsafeBytes { bytes in
                curl_slist_append(fields, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
            }
            guard let longer else { throw HTTPError(.tooMany, "there is no memory for the fields") }
            fields = longer
        }
        cmesh_curl_set_list(handle, CURLOPT_HTTPHEADER, fields)
    }

    /// Fields that are the client's: they frame the message, or speak of the connection.
    private static let ours: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "expect", "te",
        "trailer", "upgrade", "proxy-authorization",
    ]
    /// The library takes 0 for its own default.
    private static let longestConnect = 86_400_000
    /// Memory to point at where there is nothing to send: a pointer to nowhere would mean something else.
    nonisolated(unsafe) private static let nothing = UnsafeRawPointer(
        UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    )
}

// MARK: - Callbacks

private func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
    context.flatMap { Unmanaged<CurlEasy>.fromOpaque($0).takeUnretainedValue().transfer }
}

private func takeHead(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
)
    -> Int
{
    transfer(context)?.headArrived(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func takeBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
)
    -> Int
{
    transfer(context)?.bodyArrived(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func giveBody(
    _ room: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
)
    -> Int
{
    let room = UnsafeMutableRawBufferPointer(start: room, count: size * count)
    return transfer(context)?.bodyWanted(into: room) ?? Int(CURL_READFUNC_ABORT)
}

private func beginRequest(
    _ context: UnsafeMutableRawPointer?,
    _ remote: UnsafeMutablePointer<CChar>?,
    _ local: UnsafeMutablePointer<CChar>?,
    _ remotePort: Int32,
    _ localPort: Int32
) -> Int32 {
    guard let transfer = transfer(context) else { return CURL_PREREQFUNC_ABORT }
    let address = remote.map { String(cString: $0) } ?? ""
    let connection = CurlConnection(remote: address, remotePort: remotePort, localPort: localPort)
    return transfer.requestBegins(on: connection) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func hearWords(
    _ easy: UnsafeMutableRawPointer?,
    _ kind: curl_infotype,
    _ words: UnsafeMutablePointer<CChar>?,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard kind == CURLINFO_TEXT, let said = CurlWords(UnsafeRawBufferPointer(start: words, count: count)) else {
        return 0
    }
    transfer(context)?.heard(said)
    return 0
}
