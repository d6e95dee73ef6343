internal import MeshChat
internal import MeshCore
internal import MeshInference
internal import MeshTelemetry

/// What metrics tell of a hub's chats, as they were at one moment.
struct ChatReading: Sendable {
    let book: ChatBook.Reading
    let underWay: Int
    let settlementsWaiting: Int
    let settling: ChatDesk.Counts
    /// Whether each engine is asked as usual.
    let breakers: [(engine: String, isAsked: Bool)]
    /// What each model in the process uses.
    let memory: [(model: String, memory: EngineMemory)]
}

extension MetricGroup<ChatReading> {
    /// The chats of a hub; models and engines are those of the table and the configuration, so there are few series.
    func registerChats() {
        gauge("chats_under_way", "Chats that are not settled yet.") { $0.underWay }
        several(
            .counter,
            "chats",
            "Chats that were answered, by who answered and how it ended.",
            labels: ["engine", "model", "outcome"]
        ) { found in
            found.book.tallies.flatMap { subject, tally in
                tally.outcomes.sorted { $0.key < $1.key }.map {
                    CollectedSample($0.value, values: [subject.engine, subject.model, $0.key])
                }
            }
        }
        several(.counter, "chats_refused", "Chats that were not answered, by why.", labels: ["reason"]) { found in
            found.book.refusals.map { CollectedSample($0.value, values: [$0.key]) }
        }
        several(
            .counter,
            "chat_tokens",
            "Tokens of chats, by kind; no token is of two kinds.",
            labels: ["engine", "model", "kind"]
        ) { found in
            found.book.tallies.flatMap { subject, tally in
                tally.tokens.sorted { $0.key < $1.key }.map {
                    CollectedSample($0.value, values: [subject.engine, subject.model, $0.key])
                }
            }
        }
        times("chat_first_word", "From a question to the first word of its answer.", \.firstWords)
        times("chat_duration", "From a question to the end of its answer, where that was complete.", \.wholes)
        registerEngines()
        registerSettling()
    }

    private func registerEngines() {
        several(
            .gauge,
            "chat_engine_asked",
            "Whether an engine is asked as usual; 0 while it is left alone because it keeps failing.",
            labels: ["engine"]
        ) { found in found.breakers.map { CollectedSample($0.isAsked ? 1 : 0, values: [$0.engine]) } }
        several(
            .gauge,
            "chat_contexts",
            unit: .bytes,
            "Bytes of all contexts of a model in the process, beside its weights.",
            labels: ["model"]
        ) { found in found.memory.map { CollectedSample(Int64($0.memory.contextBytes), values: [$0.model]) } }
    }

    private func registerSettling() {
        several(
            .counter,
            "chat_settlements",
            "Accounts of chats that were closed: booked, void because nothing was used, or given up.",
            labels: ["outcome"]
        ) { found in
            [
                CollectedSample(found.settling.settled, "settled"), CollectedSample(found.settling.voided, "voided"),
                CollectedSample(found.settling.givenUp, "given_up"),
            ]
        }
        counter("chat_settling_failures", "Attempts to settle a chat that failed.") { $0.settling.failures }
        gauge("chat_settlements_waiting", "Chats that wait to be settled.") { $0.settlementsWaiting }
    }

    private func times(
        _ name: String,
        _ help: String,
        _ times: @escaping @Sendable (ChatBook.Tally) -> Distribution
    ) {
        histogram(name, help, labels: ["engine", "model"]) { found in
            found.book.tallies.map { CollectedSpread(times($0.tally), values: [$0.subject.engine, $0.subject.model]) }
        }
    }
}
