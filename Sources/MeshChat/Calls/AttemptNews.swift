/// What becomes known of an attempt before the first word of its answer.
package enum AttemptNews: Sendable {
    /// The request goes to somebody else's engine now, who works on it also where nobody waits for the answer any more.
    case asked(ModelChoice)
    /// Whoever was asked says what it has used.
    case spent(ModelChoice, ChatUsage)
    /// There will be no answer of it, and not because anybody here has left.
    case failed
}
