internal import MeshChat
internal import MeshCore

extension MeshError<ChatErrorCode> {
    /// What a question is told that names an adapter: no hub has any yet, and what answers without it would not be what
    /// was asked for.
    static var noAdapters: ChatError {
        let cause = ChatFailure(parameter: "lora_id")
        return ChatError(.unknownAdapter, "this hub has no adapters: ask without lora_id", cause: cause)
    }
}
