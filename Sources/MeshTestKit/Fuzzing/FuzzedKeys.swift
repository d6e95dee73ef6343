internal import MeshIdentity

/// The target `api-key`: what anybody may show as a key.
///
/// The promise: what is read as a key has one spelling, and none of it shows in what is said of it.
enum FuzzedKeys {
    static func check(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        guard let key = try? APIKey(text) else { return }
        precondition(key.text == text, "a key has two spellings")
        precondition((try? APIKey(key.text))?.digest == key.digest, "a key changes on its way")
        precondition(KeyID(key.id.text) == key.id, "an id changes on its way")
        precondition(!"\(key)".contains(text.suffix(20)), "a description shows the secret")
    }
}
