internal import MeshCore

/// A file that is part of the binary.
package struct StaticFile: Sendable {
    /// Where it is found, with a slash in front.
    package let path: String

    /// What `content-type` says of it.
    package let type: String

    /// What `etag` says of it, which changes with its bytes.
    package let entityTag: String

    /// The content.
    package let bytes: [UInt8]

    /// The file of these bytes; the tag is made of them.
    package init(path: String, type: String, bytes: [UInt8]) {
        self.path = path
        self.type = type
        self.bytes = bytes
        let digest = SHA256.digest(bytes).bytes
        entityTag = "\"\(Base64URL.encode(Array(digest.prefix(12))))\""
    }

    /// The file of bytes that `scripts/embed` wrote down; text that it did not write is our own mistake and traps.
    package init(path: String, type: String, base64: StaticString) {
        guard let bytes = Base64URL.decode("\(base64)") else { preconditionFailure("\(path) is not well embedded") }
        self.init(path: path, type: type, bytes: bytes)
    }
}
