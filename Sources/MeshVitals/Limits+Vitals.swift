package import MeshCore

extension Limits {
    /// Bounds on what is read of a machine, and taken from an edge.
    package enum Vitals {
        /// Bytes that are read of one file; what stands behind them is not looked at.
        package static let maximumFileBytes = 65_536

        /// Names that are read of one folder; further ones are not looked at.
        package static let maximumNames = 256

        /// Graphics cards that are told of; further ones are left out, on the edge and on the hub.
        package static let maximumGraphics = 16

        /// Models, and as many adapters, that are told of; further ones are left out, on the edge and on the hub.
        package static let maximumLoaded = 64

        /// Bytes of the name of a card, a model or an adapter; longer ones are cut, on the edge and on the hub.
        package static let maximumNameBytes = 128

        /// Control groups above a process that are asked for their limits; those above them are not.
        package static let maximumGroupDepth = 32

        /// Processors that are told apart; the times of further ones are not counted.
        package static let maximumProcessors = 4_096
    }

    /// Bounds on the JSON of a beat.
    package enum Beat {
        /// Bytes of a beat: the bound of its frame; a longer one is refused.
        package static let maximumBytes = 65_536

        /// The longest interval that a beat may state; a longer one counts as this one.
        package static let longestInterval = Duration.seconds(3_600)
    }
}
