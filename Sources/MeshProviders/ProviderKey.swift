internal import Glibc
package import MeshChat
internal import MeshCore

/// The key with which a provider knows us, in memory that is wiped when the last holder lets go.
///
/// Its description says nothing of its content, and no reflection reaches it.
package final class ProviderKey: @unchecked Sendable {
    // Safe to share: the memory is written before `init` returns and not again before `deinit`.
    private let memory: UnsafeMutableRawBufferPointer

    /// The key that `text` spells; nil where that can be none: empty, too long, or with spaces or controls inside.
    package init?(_ text: some BidirectionalCollection<UInt8>) {
        var text = text[...]
        while let last = text.last, last <= 0x20 { text = text.dropLast() }
        while let first = text.first, first <= 0x20 { text = text.dropFirst() }
        guard (1...Limits.Providers.maximumKeyBytes).contains(text.count), text.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        memory = .allocate(byteCount: text.count, alignment: 1)
        memory.copyBytes(from: text)
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
        self.init(checked: bytes[..<count])
        guard memory.count > 0 else { throw ChatError(.unavailable, "the file of a provider's key holds no key") }
    }

    /// Like ``init(_:)``, and empty where that is nil.
    private init(checked text: ArraySlice<UInt8>) {
        let key = ProviderKey(text)
        memory = .allocate(byteCount: key?.memory.count ?? 0, alignment: 1)
        if let key { memory.copyMemory(from: UnsafeRawBufferPointer(key.memory)) }
    }

    deinit {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
        memory.deallocate()
    }

    /// As a field of a request; the one way out.
    var text: String { String(decoding: memory, as: UTF8.self) }
}

extension ProviderKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "a provider's key" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
