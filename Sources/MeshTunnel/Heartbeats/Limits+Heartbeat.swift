package import MeshCore

extension Limits {
    /// Bounds on beats.
    package enum Heartbeat {
        /// No edge beats more often; a configuration that asks for less gets this, and a hub drops what comes faster.
        package static let shortestInterval = Duration.milliseconds(100)

        /// Beats whose acknowledgements are overdue; with so many an edge sends none until one is settled.
        package static let maximumOverdue = 4

        /// Acknowledgements that wait for the edge's turn; further ones are dropped, and their beats overdue.
        package static let acknowledgementsWaiting = 64

        /// Beats that an edge may send at once before a hub drops them: those that a stalled link held back.
        package static let maximumBurst = 8

        /// Beats or pre-warms beyond what an edge may send after which its hub closes the link.
        package static let maximumExcess = 64

        /// No edge pre-warms more often; a hub drops what comes faster.
        package static let shortestPreWarmInterval = Duration.seconds(5)

        /// Pre-warms that an edge may send at once before a hub drops them.
        package static let maximumPreWarmBurst = 4

        /// Intervals of silence after which a beat that comes counts as late.
        package static let lateAfterIntervals = 2

        /// Intervals of silence after which a hub suspects an edge whose link is open.
        package static let suspectedAfterIntervals = 3

        /// Edges whose vitals a hub keeps; those of a further one are acknowledged and not kept.
        package static let maximumEdges = 100_000

        /// Moments of an edge's past that a hub keeps, 12 bytes each; the oldest gives way.
        package static let historyPoints = 240

        /// Over how long they are spread; an edge that has been away for longer is forgotten.
        package static let historyTime = Duration.seconds(7_200)

        /// What may be set as the load of a card, in percent, above which a hub is pre-warmed; at 100 it never is.
        package static let preWarmPercent = 10...100

        /// What may be set as the temperature above which a hub is pre-warmed, in degrees Celsius.
        package static let preWarmCelsius = 30...150

        /// Pre-warms that wait for the hub's hook; further ones are dropped and counted.
        package static let preWarmsWaiting = 256
    }
}
