import MeshChat

/// Requests that have an original of any size.
enum ChatRequestSample {
    /// Who the user is, is replaced whatever it looks like.
    static func request(user: String) -> ChatRequest {
        var request = ChatRequest(model: "tiny", messages: [ChatMessage(.user, "Hello")])
        request.user = user
        return request
    }
}
