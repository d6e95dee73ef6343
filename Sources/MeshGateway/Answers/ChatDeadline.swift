internal import MeshChat
internal import MeshCore

/// Until when a chat must be over.
struct ChatDeadline: Sendable {
    let instant: Instant
    let clock: any Clock

    /// What `work` brings; at the deadline it is cancelled and `late` thrown.
    ///
    /// `work` must end when it is cancelled, for this waits for that; so must `meanwhile`, which is cancelled when
    /// `work` is done.
    func hold<Value: Sendable>(
        meanwhile: (@Sendable () async -> Void)? = nil,
        late: ChatError = ChatDeadline.timedOut,
        _ work: @escaping @Sendable () async throws(ChatError) -> Value
    ) async throws(ChatError) -> Value {
        let outcome = await withTaskGroup(of: Result<Value, ChatError>?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                do throws(ChatError) { return .success(try await work()) } catch { return .failure(error) }
            }
            if let meanwhile {
                group.addTask {
                    await meanwhile()
                    return nil
                }
            }
            group.addTask { await comes() ? .failure(late) : nil }
            while let first = await group.next() {
                if let first { return first }
            }
            return .failure(ChatError(.cancelled, "the client has left"))
        }
        return try outcome.get()
    }

    /// Waits for it; false where the wait was cancelled.
    func comes() async -> Bool {
        do { try await clock.sleep(until: instant) } catch { return false }
        return true
    }

    static let timedOut = ChatError(.timedOut, "the answer took too long")
}
