internal import MeshCore
internal import MeshJSON
internal import MeshPrivacy

/// What people write and what models make of it, under attack.
enum FuzzedPrivacy {
    /// What is redacted and restored is what it was, twice redacted it is the same, and what is found lies in order.
    static func checkRedactor(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        guard let spans = try? Detector().spans(in: text) else { return }
        var end = 0
        for span in spans {
            precondition(span.range.lowerBound >= end && !span.range.isEmpty, "spans overlap, or are out of order")
            end = span.range.upperBound
        }
        precondition(end <= text.utf8.count, "a span lies outside the text")
        var map = map()
        guard let redacted = try? Redactor().redact(text, with: &map).text else { return }
        let document = try? JSONReader.read(text)
        if document?.object == nil, document?.array == nil {
            let restored = Restorer.restore(redacted.text, form: .text, with: map).text
            precondition(restored == text, "what is restored is another text")
        } else {
            let restored = Restorer.restore(redacted.text, form: .json, with: map).text
            precondition((try? JSONReader.read(restored)) != nil, "what is restored of a document is none")
        }
        precondition((try? Redactor().redact(text, with: &map).text) == redacted, "redacting twice gives two texts")
    }

    /// An answer means the same however it is cut, and the first byte says how; little is held back meanwhile.
    static func checkRestorer(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        var map = map()
        let known = "Dear Anna Schmidt <anna@example.org>, call +49 30 1234567."
        guard let redacted = try? Redactor().redact(known, with: &map).text.text else { return }
        // `~` stands for text with placeholders, for no fuzzer would find their check characters.
        let answer = String(decoding: input.dropFirst(), as: UTF8.self)
            .split(separator: "~", omittingEmptySubsequences: false).joined(separator: redacted)
        guard answer.utf8.count < 100_000 else { return }
        for form in [StreamRestorer.Form.text, .json] {
            let whole = Restorer.restore(answer, form: form, with: map)
            var restorer = StreamRestorer(map: map, form: form)
            var restored = ""
            var rest = answer.unicodeScalars[...]
            while !rest.isEmpty {
                restored += restorer.restore(String(rest.prefix(Int(first) % 16 + 1)))
                rest = rest.dropFirst(Int(first) % 16 + 1)
                precondition(restorer.heldBytes <= Limits.Privacy.maximumHeldBytes, "too much is held back")
            }
            restored += restorer.finish()
            precondition(restored == whole.text && restorer.tally == whole.tally, "cutting the answer changed it")
        }
    }

    private static func map() -> PlaceholderMap {
        let bytes = [UInt8](repeating: 1, count: TokenKey.byteCount)
        guard let secret = bytes.withUnsafeBytes({ TokenKey(copying: $0) }), let tenant = try? TenantID("fuzz") else {
            preconditionFailure("a key and a tenant of our own are refused")
        }
        let key = PlaceholderKey(secret: secret, tenant: tenant, session: "fuzz")
        return PlaceholderMap(key: key, now: WallTime(millisecondsSince1970: 0))
    }
}
