/// One thing that can befall a world of questions; each seed draws which of them are on.
package enum EscalationFault: String, SeededFault {
    /// One stream is cut at any byte.
    case cut
    /// An edge reaches no hub for a while; its streams are cut.
    case linkDown
    /// Nothing comes through on an edge's streams for a while, and then they are cut.
    case silence
    /// A hub's process ends, and another begins with the same account.
    case hubCrash
    /// A hub ends in good order.
    case hubLeaves
    /// An edge's process ends, and asks the same again.
    case edgeRestart
    /// A hub has no room, and says when to come again.
    case hubFull
    /// Whoever answers refuses, breaks off, or says no more.
    case upstream
    /// Askers leave.
    case leaving
    /// Askers read slowly.
    case slowReaders
    /// The account does not answer, or loses its answer.
    case account
    /// Many ask at once.
    case crowd
    /// The same is asked twice at a time.
    case twins
    /// Answers that are larger than what a hub keeps, by whoever says them at once.
    case largeAnswers
}
