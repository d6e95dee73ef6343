internal import Glibc
package import MeshChat
internal import MeshCore

/// The key with which a provider knows us, in memory that is wiped when the last holder lets go.
///
/// Its description says nothing of its content, and no reflection reaches it.
package final class ProviderKey: Sendable {
    private let bytes: SecretBytes

    /// The key that `text` spells; nil where that can be none: empty, too long, or with spaces or controls inside.
    package init?(_ text: some BidirectionalCollection<UInt8>) {
        var text = text[...]
        while let last = text.last, last <= 0x20 { text = text.dropLast() }
        while let first = text.first, first <= 0x20 { text = text.dropFirst() }
        guard (1...Limits.Providers.maximumKeyBytes).contains(text.count), text.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        bytes = SecretBytes(count: text.count) { $0.copyBytes(from: text) }
    }

    /// The key in the file at `path`, of which nobody but its owner may read anything.
    package convenience init(file path: String) throws(ChatError) {
        // A pipe that somebody has put there must not hold up the start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ChatError(.unavailable, "the file of a provider's key cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else {
            throw ChatError(.unavailable, "the file of a provider's key can be read by others, or is no file")
        }
        var bytes = [UInt8](repeating: 0, count: Limits.Providers.maximumKeyBytes + 64)
        defer { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } } }
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { throw ChatError(.unavailable, "the file of a provider's key is empty") }
        guard let key = ProviderKey(bytes[..<count]) else {
            throw ChatError(.unavailable, "the file of a provider's key holds no key")
        }
        self.init(key.bytes)
    }

    private init(_ bytes: SecretBytes) { self.bytes = bytes }

    /// As a field of a request; the one way out.
    var text: String { bytes.withBytes { String(decoding: $0, as: UTF8.self) } }
}

extension ProviderKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "a provider's key" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
