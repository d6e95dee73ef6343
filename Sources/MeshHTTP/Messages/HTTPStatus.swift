/// How a request went (RFC 9110 §15).
package struct HTTPStatus: Hashable, Sendable {
    /// Three digits.
    package let code: UInt16

    /// A status from 100 to 599; another number is our own mistake and traps.
    package init(_ code: UInt16) {
        precondition((100...599).contains(code), "a status has three digits and a first one from 1 to 5")
        self.code = code
    }

    /// Whether its answer never has a body.
    package var isBodiless: Bool { code < 200 || code == 204 || code == 304 }

    /// The words beside it on the wire, which mean nothing to programs.
    package var reason: StaticString {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 499: "Client Closed Request"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 529: "Overloaded"
        default: "Status"
        }
    }
}

extension HTTPStatus {
    /// 101: the connection speaks another protocol from here on.
    package static let switchingProtocols = HTTPStatus(101)
    /// 200: here it is.
    package static let ok = HTTPStatus(200)
    /// 201: it is made.
    package static let created = HTTPStatus(201)
    /// 202: it will be done.
    package static let accepted = HTTPStatus(202)
    /// 204: done, and nothing to say.
    package static let noContent = HTTPStatus(204)
    /// 304: what you have is what there is.
    package static let notModified = HTTPStatus(304)
    /// 400: the request cannot be understood.
    package static let badRequest = HTTPStatus(400)
    /// 401: say first who you are.
    package static let unauthorized = HTTPStatus(401)
    /// 402: the credit is used up.
    package static let paymentRequired = HTTPStatus(402)
    /// 403: you may not.
    package static let forbidden = HTTPStatus(403)
    /// 404: there is no such thing.
    package static let notFound = HTTPStatus(404)
    /// 405: not with this method.
    package static let methodNotAllowed = HTTPStatus(405)
    /// 408: the request did not come in time.
    package static let requestTimeout = HTTPStatus(408)
    /// 409: it is not in a state for that.
    package static let conflict = HTTPStatus(409)
    /// 410: it was here, and does not come back.
    package static let gone = HTTPStatus(410)
    /// 413: the body is too large.
    package static let contentTooLarge = HTTPStatus(413)
    /// 414: the target is too long.
    package static let uriTooLong = HTTPStatus(414)
    /// 415: not in this format.
    package static let unsupportedMediaType = HTTPStatus(415)
    /// 421: another host was asked for.
    package static let misdirectedRequest = HTTPStatus(421)
    /// 426: only with another protocol.
    package static let upgradeRequired = HTTPStatus(426)
    /// 429: too often.
    package static let tooManyRequests = HTTPStatus(429)
    /// 431: the fields are too large or too many.
    package static let fieldsTooLarge = HTTPStatus(431)
    /// 500: our own mistake.
    package static let internalServerError = HTTPStatus(500)
    /// 501: this is not done here.
    package static let notImplemented = HTTPStatus(501)
    /// 502: someone behind us failed.
    package static let badGateway = HTTPStatus(502)
    /// 503: not now.
    package static let serviceUnavailable = HTTPStatus(503)
    /// 504: someone behind us was too slow.
    package static let gatewayTimeout = HTTPStatus(504)
    /// 505: not this version of HTTP.
    package static let versionNotSupported = HTTPStatus(505)
}
