internal import MeshCore

/// How a machine is, as far as it says: what it does not say is nil, and never made up.
package struct Vitals: Hashable, Sendable {
    /// The part of the processors' time that was used since the vitals before, 0 to 1; inside a limit, of the limit.
    package var processorLoad: Double?

    /// The part of it that whoever runs this virtual machine took away.
    package var processorStolen: Double?

    /// How many processors this node may use; a limit may leave a part of one.
    package var processorCount: Double?

    /// Tasks that ran or waited, on average over one, five and fifteen minutes.
    package var loadAverages: LoadAverages?

    /// Memory that this node may use: the machine's, or a smaller limit.
    package var memoryTotalBytes: UInt64?

    /// Memory of it that can be had without swapping.
    package var memoryAvailableBytes: UInt64?

    /// The size of the file system that holds the node's data.
    package var diskTotalBytes: UInt64?

    /// What may still be written to it.
    package var diskAvailableBytes: UInt64?

    /// The hottest sensor of the machine.
    package var temperatureCelsius: Double?

    /// Bytes a second that all interfaces but the loopback have received since the vitals before.
    package var networkReceivedBytesPerSecond: Double?

    /// Bytes a second that they have sent.
    package var networkSentBytesPerSecond: Double?

    /// The graphics cards, in the machine's order; empty where there are none that say anything.
    package var graphics: [GraphicsVitals] = []

    /// How full the battery is, 0 to 1; nil where there is none.
    package var batteryCharge: Double?

    /// Whether the machine lives on it.
    package var isOnBattery: Bool?

    /// Requests that wait on this node.
    package var queueDepth: UInt64?

    /// The models in its memory.
    package var loadedModels: [String] = []

    /// The adapters in its memory.
    package var loadedAdapters: [String] = []

    /// A machine that says nothing.
    package init() {}

    /// The load of the busiest card.
    package var graphicsLoad: Double? { graphics.compactMap(\.load).max() }

    /// The hottest of the machine and its cards.
    package var hottestCelsius: Double? {
        ([temperatureCelsius] + graphics.map(\.temperatureCelsius)).compactMap(\.self).max()
    }
}

/// Tasks that ran or waited: `/proc/loadavg`.
package struct LoadAverages: Hashable, Sendable {
    /// Over one minute.
    package let oneMinute: Double
    /// Over five.
    package let fiveMinutes: Double
    /// Over fifteen.
    package let fifteenMinutes: Double

    /// These averages.
    package init(oneMinute: Double, fiveMinutes: Double, fifteenMinutes: Double) {
        self.oneMinute = oneMinute
        self.fiveMinutes = fiveMinutes
        self.fifteenMinutes = fifteenMinutes
    }

    init?(_ text: KernelText) {
        let numbers = (text.lines.first ?? []).prefix(3).map { Double($0) ?? -1 }
        guard numbers.count == 3, numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        self.init(oneMinute: numbers[0], fiveMinutes: numbers[1], fifteenMinutes: numbers[2])
    }
}

/// How a graphics card is, as far as it says.
package struct GraphicsVitals: Hashable, Sendable {
    /// What it is called, within ``Limits/Vitals/maximumNameBytes``.
    package let name: String

    /// How busy it is, 0 to 1.
    package var load: Double?

    /// Its memory.
    package var memoryTotalBytes: UInt64?

    /// What of it is in use.
    package var memoryUsedBytes: UInt64?

    /// How hot it is.
    package var temperatureCelsius: Double?

    /// A card that says no more than its name.
    package init(name: String) { self.name = name.cut(toBytes: Limits.Vitals.maximumNameBytes) }
}
