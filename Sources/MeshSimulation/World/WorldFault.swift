/// One thing that can befall a world.
///
/// Each seed draws which of them are on.
package enum WorldFault: String, SeededFault {
    /// A node's process ends at once and starts again.
    case crash
    /// A node hands its actors over and starts again.
    case drain
    /// A node does nothing for a while, and then goes on as if nothing had happened.
    case pause
    /// A hub that lives is taken for dead, and its actors are taken over; a while later it starts anew.
    case falseDeath
    /// Nodes cannot reach each other, in one direction or in both.
    case partition
    /// Messages get lost.
    case lossyLinks
    /// Messages are held up for seconds.
    case clog
    /// A node's calendar jumps, up to an hour either way.
    case clockJump
    /// The shared store is away for a while.
    case storeAway
    /// Answers of the shared store get lost.
    case lostAnswers
    /// Appends reach the shared store after they were given up.
    case lateAppends
    /// Appends reach the shared store twice, the second time late.
    case repeatedAppends
    /// The power of a hub fails: what was not synced may be lost or torn.
    case powerCut
    /// The power fails in the middle of what the store does.
    case powerCutWithin
    /// The disk is full for a while.
    case diskFull
    /// A sync fails.
    case failingSync
    /// Bits at rest turn, until the good copy is put back.
    case bitFlip
    /// A sector at rest is written over by what was meant for another place, until the good copy is put back.
    case misdirectedWrite
    /// The world outside does not answer, or answers late.
    case slowOutside

    /// Whether it can happen in a world of this sort.
    func fits(_ plan: WorldPlan) -> Bool {
        switch self {
        case .falseDeath: plan.hubCount > 1
        case .storeAway, .lostAnswers, .lateAppends, .repeatedAppends: plan.isShared
        case .powerCut, .powerCutWithin, .diskFull, .failingSync, .bitFlip, .misdirectedWrite: !plan.isShared
        case .partition: plan.hubCount + plan.edgeCount > 1
        default: true
        }
    }
}
