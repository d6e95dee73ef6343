internal import MeshCore

/// What the processors have done since the machine was started, in ticks: `/proc/stat`.
struct ProcessorTimes: Hashable, Sendable {
    /// Doing nothing, or waiting for a disk.
    var idle = UInt64(0)
    /// Taken away by whoever runs this virtual machine.
    var stolen = UInt64(0)
    /// All of it.
    var total = UInt64(0)
    /// How many processors there are.
    var count = 0

    /// The times of those processors that `allowed` holds, of all where it is nil; nil where the text has none.
    init?(_ text: KernelText, allowed: Set<Int>?) {
        for words in text.lines {
            guard let name = words.first, name.hasPrefix("cpu"), let number = Int(name.dropFirst(3)) else { continue }
            guard number >= 0, allowed?.contains(number) ?? true, count < Limits.Vitals.maximumProcessors else {
                continue
            }
            add(words.dropFirst())
        }
        guard count > 0, total > 0 else { return nil }
    }

    /// user nice system idle iowait irq softirq steal; guests' time, which follows, is in the user's already.
    private mutating func add(_ words: ArraySlice<String>) {
        let ticks = words.prefix(8).map { UInt64($0) ?? 0 }
        guard ticks.count >= 4 else { return }
        count += 1
        idle = idle.plus(ticks[3]).plus(ticks.count > 4 ? ticks[4] : 0)
        stolen = stolen.plus(ticks.count > 7 ? ticks[7] : 0)
        total = ticks.reduce(total) { $0.plus($1) }
    }

    /// The parts of the time since `former` that the processors worked, and that was stolen from them; both 0 to 1.
    ///
    /// Stolen time is in the first too: nobody else here could have had it. Nil where no time has passed.
    func parts(since former: ProcessorTimes) -> (load: Double, stolen: Double)? {
        let passed = total.minus(former.total)
        guard passed > 0, count == former.count else { return nil }
        // The time spent waiting for disks may go back (proc(5)).
        let rested = min(idle.minus(former.idle), passed)
        let taken = min(stolen.minus(former.stolen), passed)
        return (Double(passed - rested) / Double(passed), Double(taken) / Double(passed))
    }
}

extension VitalsFiles {
    /// The processors on which this process may run; nil where nobody says so.
    func allowedProcessors() -> Set<Int>? {
        guard let list = text(of: "/proc/self/status")?.words(behind: "Cpus_allowed_list:")?.first else { return nil }
        var allowed: Set<Int> = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-", maxSplits: 1).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 0, first <= last,
                last < Limits.Vitals.maximumProcessors
            else { return nil }
            allowed.formUnion(first...last)
        }
        return allowed.isEmpty ? nil : allowed
    }
}
