internal import Glibc
internal import MeshCore

/// A key of Stripe's, or the secret of a webhook, in memory that is wiped when the last holder lets go.
///
/// Its description says nothing of its content, and no reflection reaches it.
package final class StripeSecret: Sendable {
    private let bytes: SecretBytes

    /// The secret that `text` spells; nil where that can be none: empty, too long, or with spaces or controls inside.
    package init?(_ text: some BidirectionalCollection<UInt8>) {
        var text = text[...]
        while let last = text.last, last <= 0x20 { text = text.dropLast() }
        while let first = text.first, first <= 0x20 { text = text.dropFirst() }
        guard (1...Limits.Stripe.maximumSecretBytes).contains(text.count), text.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        bytes = SecretBytes(count: text.count) { $0.copyBytes(from: text) }
    }

    /// The secrets in the file at `path`, one on each line, of which nobody but its owner may read anything.
    ///
    /// A line that begins with `#` is a remark.
    package static func all(inFileAt path: String) throws(StripeError) -> [StripeSecret] {
        // A pipe that somebody has put there must not hold up the start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw StripeError(.unusable, "the file '\(path)' cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else {
            throw StripeError(.unusable, "the file '\(path)' can be read by others, or is no file: chmod 600")
        }
        let most = Limits.Stripe.maximumSecrets * (Limits.Stripe.maximumSecretBytes + 2)
        var bytes = [UInt8](repeating: 0, count: most + 1)
        defer { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } } }
        let count = read(descriptor, &bytes, bytes.count)
        guard (1...most).contains(count) else {
            throw StripeError(.unusable, "the file '\(path)' is empty, or too long for secrets")
        }
        var secrets: [StripeSecret] = []
        for line in bytes[..<count].split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            if line.first == UInt8(ascii: "#") || line.allSatisfy({ $0 <= 0x20 }) { continue }
            guard let secret = StripeSecret(line) else {
                throw StripeError(.unusable, "the file '\(path)' has a line that is no secret")
            }
            secrets.append(secret)
        }
        guard (1...Limits.Stripe.maximumSecrets).contains(secrets.count) else {
            throw StripeError(
                .unusable,
                "the file '\(path)' has \(secrets.count) secrets; one to \(Limits.Stripe.maximumSecrets) may be"
            )
        }
        return secrets
    }

    /// The one secret in the file at `path`.
    package static func one(inFileAt path: String) throws(StripeError) -> StripeSecret {
        let secrets = try all(inFileAt: path)
        guard secrets.count == 1, let secret = secrets.first else {
            throw StripeError(.unusable, "the file '\(path)' has more than one key")
        }
        return secret
    }

    /// As a field of a request; the one way out.
    var text: String { bytes.withBytes { String(decoding: $0, as: UTF8.self) } }

    /// The code of `message` under it.
    func code(of message: [UInt8]) -> [UInt8] {
        bytes.withBytes { HMACSHA256.code(for: message, key: $0).bytes }
    }

    /// Whether one of `codes` is that of `message` under it, in a time that does not depend on where they differ.
    func isAny(of codes: [[UInt8]], of message: [UInt8]) -> Bool {
        bytes.withBytes { HMACSHA256.isAny(of: codes, for: message, key: $0) }
    }
}

extension StripeSecret: CustomStringConvertible, CustomReflectable {
    package var description: String { "a secret of Stripe's" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
