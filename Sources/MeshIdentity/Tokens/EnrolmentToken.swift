package import MeshCore
internal import MeshWire

/// A single-use token by which a device gets its first certificate: claims, and a code that only the authority can
/// make.
///
/// It is a secret until it is spent, so it has no description; ``text`` is for the one who carries it to the device.
package struct EnrolmentToken: Sendable {
    /// What it says; nothing of it counts before ``check(key:now:)``.
    package let claims: EnrolmentClaims

    private let code: [UInt8]

    /// The token of `claims`, made with `key`.
    package init(_ claims: EnrolmentClaims, key: TokenKey) {
        self.claims = claims
        code = key.withBytes { HMACSHA256.code(for: Self.message(claims), key: $0) }.bytes
    }

    /// The token that `text` spells; the error says what is wrong with the text and nothing of its content.
    package init(_ text: String) throws(EnrolmentError) {
        guard text.utf8.starts(with: Self.prefix.utf8) else {
            throw Self.malformed("an enrolment token begins with '\(Self.prefix)'")
        }
        guard text.utf8.count <= Limits.Enrolment.maximumTokenTextBytes else {
            let limit = Limits.Enrolment.maximumTokenTextBytes
            throw Self.malformed("an enrolment token has at most \(limit) bytes, not \(text.utf8.count)")
        }
        guard let bytes = Base64URL.decode(String(text.dropFirst(Self.prefix.count))) else {
            throw Self.malformed("the enrolment token is cut short, or holds characters that do not belong there")
        }
        do throws(WireError) {
            let record = try Record(wireBytes: bytes)
            (claims, code) = (record.claims, record.code)
        } catch {
            throw Self.malformed("the enrolment token is cut short, changed or of another version: \(error.code)")
        }
        // One token, one spelling.
        guard self.text == text else { throw Self.malformed("the enrolment token is spelled in another way than ours") }
    }

    /// How people carry it: `mesh1-…`.
    package var text: String { Self.prefix + Base64URL.encode(Record(claims: claims, code: code).wireBytes) }

    /// Throws unless it was made with `key` and counts at `now`, by the clock of the hub.
    package func check(key: TokenKey, now: WallTime) throws(EnrolmentError) {
        let isGenuine = key.withBytes { HMACSHA256.isValid(code, for: Self.message(claims), key: $0) }
        guard isGenuine else {
            throw EnrolmentError(
                .forgedToken,
                "the enrolment token was not made by this hub's authority, or it was changed on the way"
            )
        }
        try claims.check(now: now)
    }

    private static func message(_ claims: EnrolmentClaims) -> [UInt8] { Array(prefix.utf8) + claims.wireBytes }

    private static func malformed(_ why: String) -> EnrolmentError { EnrolmentError(.malformedToken, why) }

    private static let prefix = "mesh1-"

    private struct Record: WireCodable {
        let claims: EnrolmentClaims
        let code: [UInt8]

        init(claims: EnrolmentClaims, code: [UInt8]) {
            self.claims = claims
            self.code = code
        }

        func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: EnrolmentClaims.fields + 1)
            claims.encodeFields(into: &writer)
            writer.write(bytes: code)
        }

        init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: EnrolmentClaims.fields + 1)
            claims = try EnrolmentClaims.fields(from: &reader)
            code = try reader.readBytes()
            try reader.endRecord(tail)
            guard code.count == SHA256Digest.byteCount else { throw WireError(.invalidValue, "no code of a token") }
        }
    }
}

extension EnrolmentToken: CustomStringConvertible, CustomReflectable {
    package var description: String { "an enrolment token" }

    /// Empty, so that no dump shows it.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
