/// One thing that can befall a world of tunnels; each seed draws which of them are on.
package enum TunnelFault: String, SeededFault {
    /// A hub's process ends, and all its edges learn of it at once; it starts again.
    case crash
    /// A hub's process ends in silence; its edges learn of it when it is back, or by themselves.
    case silentCrash
    /// A hub shakes hands, and its actors answer nothing.
    case hang
    /// A hub takes nobody, and says when to come again.
    case refusal
    /// A hub believes nobody's certificate.
    case disbelief
    /// A hub says farewell, names others, and starts again.
    case farewell
    /// An edge and a hub do not reach each other.
    case blackhole
    /// An edge has another address; its links come along, or do not.
    case addressChange
    /// Packets get lost.
    case lossyLinks
    /// Packets are held up for a second or two.
    case slowLinks
    /// No name leads anywhere.
    case namesAway
    /// Somebody stops a tunnel, and starts it again.
    case stop
    /// An edge has new credentials.
    case renewal
}
