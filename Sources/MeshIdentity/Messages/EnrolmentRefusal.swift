internal import MeshCore
package import MeshWire

/// Why a device gets no certificate, in words for the one who holds it.
package struct EnrolmentRefusal: Error, Hashable, Sendable {
    /// For programs.
    package let code: Code

    /// For people.
    package let message: String

    /// When asking again may help, in milliseconds from now; nil where it will not.
    package let retryAfterMilliseconds: UInt32?

    /// A refusal; `message` is cut to ``Limits/Enrolment/maximumMessageBytes``.
    package init(_ code: Code, _ message: String, retryAfterMilliseconds: UInt32? = nil) {
        self.code = code
        self.message = message.cut(toBytes: Limits.Enrolment.maximumMessageBytes)
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// A reason that travels; a struct and not an enum, so that a newer hub's number survives.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The request cannot be read.
        package static let malformed = Code(rawValue: 1)
        /// The token was not made by this authority, or has been changed.
        package static let forgedToken = Code(rawValue: 2)
        /// The token has ended, has not begun, or lives too long; a clock may be wrong.
        package static let tokenOutOfTime = Code(rawValue: 3)
        /// Another key has used the token.
        package static let tokenSpent = Code(rawValue: 4)
        /// The token is for another tenant, role or name.
        package static let notForThis = Code(rawValue: 5)
        /// The name belongs to another identity.
        package static let nameTaken = Code(rawValue: 6)
        /// The key has been used before.
        package static let keyUsed = Code(rawValue: 7)
        /// The request for a certificate is not taken: another name, a weak key, a bad signature.
        package static let badRequest = Code(rawValue: 8)
        /// The device has been put out.
        package static let revoked = Code(rawValue: 9)
        /// Nobody has enrolled under that name.
        package static let notRegistered = Code(rawValue: 10)
        /// A newer key has ended the one that was shown.
        package static let keyEnded = Code(rawValue: 11)
        /// The hub cannot do it now.
        package static let unavailable = Code(rawValue: 12)
        /// The authority has not issued it.
        package static let notIssued = Code(rawValue: 13)
        /// Neither a token nor a certificate was shown.
        package static let nothingShown = Code(rawValue: 14)
        /// A bound is met for good.
        package static let tooMany = Code(rawValue: 15)
    }
}

extension EnrolmentRefusal: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        code.rawValue.encode(into: &writer)
        writer.write(message)
        retryAfterMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        code = Code(rawValue: try reader.readInteger())
        message = try reader.readText(atMost: Limits.Enrolment.maximumMessageBytes)
        retryAfterMilliseconds = try UInt32?(from: &reader)
        try reader.endRecord(tail)
    }
}

extension EnrolmentRefusal: CustomStringConvertible {
    package var description: String { message }
}
