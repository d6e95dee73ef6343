package import MeshCore

/// Makes vitals of what a machine's files say; remembers the files of before, for what is a rate.
///
/// A value without clock: whoever drives it reads the files where that may block.
package struct VitalsSampler: Sendable {
    private struct Former: Sendable {
        let at: Instant
        let times: ProcessorTimes?
        let group: ControlGroup
        let network: NetworkCounters?
    }

    private let dataFolder: String
    private var former: Former?

    /// A sampler for a node whose data lies in `dataFolder`.
    package init(dataFolder: String) { self.dataFolder = dataFolder }

    /// The vitals as `files` tell them at `now`; rates are absent the first time.
    ///
    /// `nvidia` is what NVIDIA's program has printed.
    package mutating func sample(
        _ files: some VitalsFiles,
        nvidia: [UInt8]?,
        load: NodeLoad,
        now: Instant
    ) -> Vitals {
        var vitals = Vitals()
        let (group, allowed) = (ControlGroup(files), files.allowedProcessors())
        let times = files.text(of: "/proc/stat").flatMap { ProcessorTimes($0, allowed: allowed) }
        let network = files.text(of: "/proc/net/dev").flatMap { NetworkCounters($0) }
        vitals.processorCount = Self.processorCount(group, allowed, times)
        if let former { rates(&vitals, since: former, times, group, network, now) }
        vitals.loadAverages = files.text(of: "/proc/loadavg").flatMap { LoadAverages($0) }
        memory(&vitals, files, group)
        if let space = files.space(of: dataFolder) {
            vitals.diskTotalBytes = space.totalBytes
            vitals.diskAvailableBytes = space.availableBytes
        }
        vitals.temperatureCelsius = Temperatures.hottest(files)
        vitals.graphics = (nvidia.map { NVIDIAQuery.cards(in: $0) } ?? []) + DirectRendering.cards(files)
        let power = PowerSupply(files)
        (vitals.batteryCharge, vitals.isOnBattery) = (power.charge, power.isOnBattery)
        (vitals.queueDepth, vitals.loadedModels) = (load.queueDepth, load.loadedModels)
        vitals.loadedAdapters = load.loadedAdapters
        former = Former(at: now, times: times, group: group, network: network)
        return vitals
    }

    private static func processorCount(
        _ group: ControlGroup,
        _ allowed: Set<Int>?,
        _ times: ProcessorTimes?
    ) -> Double? {
        // Processors that are allowed may not be there.
        let usable = times?.count ?? allowed?.count
        guard let usable else { return group.processors }
        return min(Double(usable), group.processors ?? .infinity)
    }

    private func rates(
        _ vitals: inout Vitals,
        since former: Former,
        _ times: ProcessorTimes?,
        _ group: ControlGroup,
        _ network: NetworkCounters?,
        _ now: Instant
    ) {
        let parts = former.times.flatMap { former in times?.parts(since: former) }
        vitals.processorLoad = parts?.load
        vitals.processorStolen = parts?.stolen
        let passed = Double((now - former.at).wholeNanoseconds) / 1_000_000_000
        guard passed > 0 else { return }
        if let limit = group.processors, limit < Double(times?.count ?? .max) {
            // Inside a limit the machine's load is not the node's.
            vitals.processorLoad = group.processorMicroseconds.flatMap { used in
                former.group.processorMicroseconds.map { before in
                    min(1, Double(used.minus(before)) / 1_000_000 / passed / limit)
                }
            }
        }
        if let carried = former.network.flatMap({ former in network?.carried(since: former) }) {
            vitals.networkReceivedBytesPerSecond = Double(carried.received) / passed
            vitals.networkSentBytesPerSecond = Double(carried.sent) / passed
        }
    }

    private func memory(_ vitals: inout Vitals, _ files: some VitalsFiles, _ group: ControlGroup) {
        let memory = files.text(of: "/proc/meminfo").flatMap { MachineMemory($0) }
        vitals.memoryTotalBytes = memory?.totalBytes
        vitals.memoryAvailableBytes = memory?.availableBytes
        guard let limit = group.memoryLimitBytes, limit < memory?.totalBytes ?? .max else { return }
        vitals.memoryTotalBytes = limit
        // What the machine has left says nothing of what is left inside the limit.
        vitals.memoryAvailableBytes = group.memoryUsedBytes.map { used in
            min(limit.minus(used), memory?.availableBytes ?? .max)
        }
    }
}
