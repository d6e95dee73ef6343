package import MeshCore

/// Says whether a webhook is Stripe's, and of now: `t=1790000000,v1=5257a8…`, an HMAC-SHA256 over `t.body`.
package enum StripeSignature {
    /// Throws `badSignature` unless `field` has a signature of `body` under one of `secrets`, of about `now`.
    ///
    /// Several signatures and several secrets count, so that a secret can be replaced while both are in use. Only `v1`
    /// is looked at: what is signed in another way only is not believed.
    package static func verify(
        _ field: String?,
        of body: [UInt8],
        secrets: [StripeSecret],
        now: WallTime
    ) throws(StripeError) {
        guard let field else { throw StripeError(.badSignature, "there is no signature") }
        guard field.utf8.count <= Limits.Stripe.maximumSignatureBytes else {
            throw StripeError(.badSignature, "the signature is too long")
        }
        var seconds: Int64?
        var codes: [[UInt8]] = []
        for part in field.split(separator: ",") {
            guard let sign = part.firstIndex(of: "=") else {
                throw StripeError(.badSignature, "the signature is not well-formed")
            }
            let value = part[part.index(after: sign)...]
            switch part[..<sign] {
            case "t":
                guard seconds == nil, let number = Int64(value), number > 0, value.utf8.count <= 12 else {
                    throw StripeError(.badSignature, "the signature has no time, or several")
                }
                seconds = number
            case "v1":
                guard codes.count < Limits.Stripe.maximumSignatures else { continue }
                if let code = Hexadecimal.decode(value) { codes.append(code) }
            default: continue
            }
        }
        guard let seconds else { throw StripeError(.badSignature, "the signature has no time, or several") }
        guard !codes.isEmpty else { throw StripeError(.badSignature, "there is no signature of the kind v1") }
        // Before anything is hashed, and each secret hashes once: anybody may come with half a megabyte.
        let tolerance = Limits.Stripe.signatureTolerance.components.seconds
        guard (-tolerance...tolerance).contains(now.wholeSeconds - seconds) else {
            throw StripeError(.badSignature, "the signature is not of now: a repetition, or a clock is wrong")
        }
        let message = signed(body, seconds)
        var isValid = false
        // All of them, whichever fits: how long it takes says nothing.
        for secret in secrets where secret.isAny(of: codes, of: message) { isValid = true }
        guard isValid else { throw StripeError(.badSignature, "no signature is of one of our secrets") }
    }

    /// The field that Stripe would send with `body` at `time`: for tests and tools.
    package static func field(for body: [UInt8], secret: StripeSecret, at time: WallTime) -> String {
        let seconds = time.wholeSeconds
        return "t=\(seconds),v1=\(Hexadecimal.encode(secret.code(of: signed(body, seconds))))"
    }

    private static func signed(_ body: [UInt8], _ seconds: Int64) -> [UInt8] { Array("\(seconds).".utf8) + body }
}
