package import MeshCore

/// What can be wrong with the answer of a DNS server.
package enum DNSErrorCode: String, ErrorCode {
    package static let domain = "dns"

    /// It ends in the middle of something.
    case truncated
    /// A name is too long, or its pointers lead forwards or are too many.
    case malformedName
    /// A record's length is not that of its content.
    case malformedRecord
    /// It is a question, or the answer to something that was not asked.
    case noAnswer
    /// Its aliases lead in a circle, or too far.
    case endlessAliases
}

/// An error of ``DNSMessage``.
package typealias DNSError = MeshError<DNSErrorCode>
