/// What happens while a model answers, in the order in which it happens.
///
///     started ─▶ ( text | thinking | toolUse… | usage )* ─▶ ended
///
/// Parts of an answer come one after the other: a tool's arguments are complete before anything else is said. Every
/// answer that does not break off has exactly one `started`, first, and exactly one `ended`, last.
package enum ChatEvent: Hashable, Sendable {
    /// The model has begun.
    case started(ChatStart)
    /// More words, never none.
    case text(String)
    /// More of what it thinks, never none.
    case thinking(String)
    /// The seal on the thoughts so far, which ends them.
    case thinkingSigned(String)
    /// Thoughts that only their provider can read, all of them.
    case thinkingSealed(String)
    /// It wants a tool run.
    case toolUseStarted(id: String, name: String)
    /// More of the tool's arguments, never none.
    case toolUseArguments(String)
    /// The arguments are complete.
    case toolUseEnded
    /// What was used so far, all in all: a later one replaces an earlier one.
    case usage(ChatUsage)
    /// The answer is complete.
    case ended(StopReason)
}

/// The beginning of an answer.
package struct ChatStart: Hashable, Sendable {
    /// What the provider or the engine calls this answer.
    package var id: String

    /// The model that answers, by its own name.
    package var model: String

    /// An answer of `model`.
    package init(id: String, model: String) {
        self.id = id
        self.model = model
    }
}

/// Why an answer is over.
package enum StopReason: Hashable, Sendable {
    /// The model had said all.
    case endOfTurn
    /// It had said as much as it may.
    case maximumTokens
    /// It had said one of the texts that end an answer; nil where nobody said which.
    case stopSequence(String?)
    /// It wants tools run.
    case toolUse
    /// It does not want to, or is not let.
    case refusal
    /// The conversation has become as long as the model can read.
    case contextFull
    /// Its provider has paused and can be asked to go on.
    case paused
}
