import MeshHTTP

extension HTTPResponse {
    /// The body where it is all there at once.
    var text: String? {
        switch body {
        case .empty: ""
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .stream, .webSocket: nil
        }
    }
}
