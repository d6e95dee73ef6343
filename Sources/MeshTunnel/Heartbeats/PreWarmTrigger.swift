package import MeshCore
package import MeshVitals

/// When an edge takes itself for short of room.
package struct PreWarmThresholds: Hashable, Sendable {
    /// Above this load of a graphics card the hub is pre-warmed.
    package var graphicsLoad = 0.8

    /// At this load or below it, the next time above counts again.
    package var restedGraphicsLoad = 0.7

    /// Above this temperature the hub is pre-warmed, in degrees Celsius.
    package var celsius = 80.0

    /// At this temperature or below it, the next time above counts again.
    package var restedCelsius = 75.0

    /// From one pre-warm to the next at least.
    package var shortestPause = Duration.seconds(60)

    /// The usual ones.
    package init() {}

    /// Above so much of a card's load, and above so many degrees; rested ten points, cooled five degrees below.
    package init(graphicsPercent: Int, celsius: Int) {
        graphicsLoad = Double(graphicsPercent) / 100
        restedGraphicsLoad = Double(max(0, graphicsPercent - 10)) / 100
        self.celsius = Double(celsius)
        restedCelsius = Double(celsius - 5)
    }
}

/// Decides when the hub is to be pre-warmed: once when a threshold is passed, and again only after the machine has
/// rested.
package struct PreWarmTrigger: Hashable, Sendable {
    private let thresholds: PreWarmThresholds
    /// Whether the hub knows.
    private var isTold = false
    private var toldAt: Instant?

    /// A trigger on a machine that rests.
    package init(_ thresholds: PreWarmThresholds = PreWarmThresholds()) { self.thresholds = thresholds }

    /// The machine is so at `now`; true when the hub is to be told.
    ///
    /// What the machine does not say is no reason to tell it.
    package mutating func observe(_ vitals: Vitals, now: Instant) -> Bool {
        let (load, celsius) = (vitals.graphicsLoad, vitals.hottestCelsius)
        let isAbove = load ?? 0 > thresholds.graphicsLoad || celsius ?? 0 > thresholds.celsius
        let isRested = load ?? 0 <= thresholds.restedGraphicsLoad && celsius ?? 0 <= thresholds.restedCelsius
        if isTold, isRested { isTold = false }
        guard isAbove, !isTold, toldAt.map({ now - $0 >= thresholds.shortestPause }) ?? true else { return false }
        isTold = true
        toldAt = now
        return true
    }

    /// The hub could not be told: it is tried again the next time.
    package mutating func wasNotTold() {
        isTold = false
        toldAt = nil
    }
}
