package import MeshCore
package import MeshVitals

/// One moment of an edge's past, in 12 bytes: what a curve is drawn of.
///
/// Parts are kept in steps of half a per cent, temperatures in whole degrees.
package struct VitalsPoint: Hashable, Sendable {
    /// Seconds since 1970, by the hub's clock.
    package let seconds: UInt32
    private let load: UInt8
    private let memory: UInt8
    private let disk: UInt8
    private let graphics: UInt8
    private let graphicsMemory: UInt8
    private let temperature: Int8
    private let queue: UInt8
    private let battery: UInt8

    /// The moment of `vitals`.
    package init(_ vitals: Vitals, at wallTime: WallTime) {
        seconds = UInt32(clamping: wallTime.millisecondsSince1970 / 1_000)
        load = Self.steps(vitals.processorLoad)
        memory = Self.steps(Self.used(vitals.memoryTotalBytes, available: vitals.memoryAvailableBytes))
        disk = Self.steps(Self.used(vitals.diskTotalBytes, available: vitals.diskAvailableBytes))
        graphics = Self.steps(vitals.graphicsLoad)
        let cards = vitals.graphics.compactMap { card in
            Self.used(card.memoryTotalBytes, available: card.memoryUsedBytes).map { 1 - $0 }
        }
        graphicsMemory = Self.steps(cards.max())
        temperature = vitals.hottestCelsius.map { Int8(clamping: Int($0.rounded())) } ?? .min
        queue = vitals.queueDepth.map { UInt8(clamping: min($0, 254)) } ?? .max
        battery = Self.steps(vitals.batteryCharge)
    }

    /// The load of the processors, 0 to 1.
    package var processorLoad: Double? { Self.part(load) }
    /// The part of the memory that is not available.
    package var memoryUsed: Double? { Self.part(memory) }
    /// The part of the disk that is not available.
    package var diskUsed: Double? { Self.part(disk) }
    /// The load of the busiest card.
    package var graphicsLoad: Double? { Self.part(graphics) }
    /// The part of the fullest card's memory that is used.
    package var graphicsMemoryUsed: Double? { Self.part(graphicsMemory) }
    /// The hottest sensor.
    package var hottestCelsius: Int? { temperature == .min ? nil : Int(temperature) }
    /// Requests that waited, 254 at most.
    package var queueDepth: Int? { queue == .max ? nil : Int(queue) }
    /// How full the battery was.
    package var batteryCharge: Double? { Self.part(battery) }

    private static func used(_ total: UInt64?, available: UInt64?) -> Double? {
        guard let total, let available, total > 0, available <= total else { return nil }
        return Double(total - available) / Double(total)
    }

    private static func steps(_ part: Double?) -> UInt8 {
        guard let part, part >= 0, part <= 1 else { return .max }
        return UInt8((part * 200).rounded())
    }

    private static func part(_ steps: UInt8) -> Double? { steps == .max ? nil : Double(steps) / 200 }
}

/// An edge's past: at most ``Limits/Heartbeat/historyPoints`` moments, evenly over ``Limits/Heartbeat/historyTime``.
package struct VitalsHistory: Hashable, Sendable {
    private var ring: [VitalsPoint] = []
    private var oldest = 0
    private var lastAt: Instant?

    /// No past.
    package init() {}

    /// Keeps `vitals`, unless another moment was kept shortly before.
    package mutating func note(_ vitals: Vitals, now: Instant, wallTime: WallTime) {
        // A little less than the usual interval, which is the same: no beat of it is left out.
        let spacing = Limits.Heartbeat.historyTime / Limits.Heartbeat.historyPoints * 0.9
        if let lastAt, now - lastAt < spacing { return }
        lastAt = now
        let point = VitalsPoint(vitals, at: wallTime)
        guard ring.count == Limits.Heartbeat.historyPoints else { return ring.append(point) }
        ring[oldest] = point
        oldest = (oldest + 1) % ring.count
    }

    /// The moments, the oldest first.
    package var points: [VitalsPoint] { Array(ring[oldest...] + ring[..<oldest]) }
}
