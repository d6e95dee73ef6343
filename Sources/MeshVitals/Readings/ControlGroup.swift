internal import MeshCore

/// What a process may use at most, and what its group uses: control groups, version 2 or 1.
///
/// The limits of all groups above count, the smallest of them. A container sees its own group at the root; there the
/// path that `/proc/self/cgroup` tells may not exist, and then the root is asked.
struct ControlGroup: Hashable, Sendable {
    /// Of its processors; 1.5 is one and a half.
    var processors: Double?
    /// Time that the group's processes have worked, in microseconds; known where `processors` is.
    var processorMicroseconds: UInt64?
    var memoryLimitBytes: UInt64?
    /// What it could not give back at once; known where the limit is.
    var memoryUsedBytes: UInt64?

    /// The group of this process.
    init(_ files: some VitalsFiles) {
        for words in files.text(of: "/proc/self/cgroup")?.lines ?? [] {
            // Number, controllers, path; a path may hold colons and blanks.
            let parts = words.joined(separator: " ").split(
                separator: ":",
                maxSplits: 2,
                omittingEmptySubsequences: false
            )
            guard parts.count == 3, parts[2].hasPrefix("/") else { continue }
            let controllers = parts[1].split(separator: ",")
            if controllers.isEmpty {
                readVersion2(files, Self.folders("/sys/fs/cgroup", String(parts[2])))
            } else if controllers.contains("memory") {
                readMemory1(files, Self.folders("/sys/fs/cgroup/memory", String(parts[2])))
            } else if controllers.contains("cpu") {
                let mounts = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]
                for mount in mounts where processors == nil {
                    readProcessors1(files, Self.folders(mount, String(parts[2])))
                }
            }
        }
    }

    /// The group's own folder first, then those above it.
    private static func folders(_ mount: String, _ path: String) -> [String] {
        var names = path.split(separator: "/").map(String.init)
        // A group outside of what the process sees.
        guard !names.contains(".."), names.count <= Limits.Vitals.maximumGroupDepth else { return [mount] }
        var folders: [String] = []
        while !names.isEmpty {
            folders.append(mount + "/" + names.joined(separator: "/"))
            names.removeLast()
        }
        return folders + [mount]
    }

    // MARK: Version 2

    private mutating func readVersion2(_ files: some VitalsFiles, _ folders: [String]) {
        for folder in folders {
            if let limit = files.unsigned(of: folder + "/memory.max"), limit < memoryLimitBytes ?? .max {
                memoryLimitBytes = limit
                memoryUsedBytes = Self.used(
                    files.unsigned(of: folder + "/memory.current"),
                    files.text(of: folder + "/memory.stat")?.unsigned(behind: "inactive_file")
                )
            }
            let words = files.text(of: folder + "/cpu.max")?.lines.first ?? []
            if words.count == 2, let share = Self.processors(Int64(words[0]), Int64(words[1])),
                share < processors ?? .infinity
            {
                processors = share
                processorMicroseconds = files.text(of: folder + "/cpu.stat")?.unsigned(behind: "usage_usec")
            }
        }
    }

    // MARK: Version 1

    private mutating func readMemory1(_ files: some VitalsFiles, _ folders: [String]) {
        for folder in folders {
            guard let limit = files.unsigned(of: folder + "/memory.limit_in_bytes"),
                // No limit is the largest multiple of a page.
                limit < UInt64(Int64.max) - 65_536, limit < memoryLimitBytes ?? .max
            else { continue }
            memoryLimitBytes = limit
            memoryUsedBytes = Self.used(
                files.unsigned(of: folder + "/memory.usage_in_bytes"),
                files.text(of: folder + "/memory.stat")?.unsigned(behind: "total_inactive_file")
            )
        }
    }

    private mutating func readProcessors1(_ files: some VitalsFiles, _ folders: [String]) {
        for folder in folders {
            let quota = files.signed(of: folder + "/cpu.cfs_quota_us")
            let period = files.signed(of: folder + "/cpu.cfs_period_us")
            guard let share = Self.processors(quota, period), share < processors ?? .infinity else { continue }
            processors = share
            let accounts =
                folder.hasPrefix("/sys/fs/cgroup/cpu,cpuacct")
                ? folder : "/sys/fs/cgroup/cpuacct" + folder.dropFirst("/sys/fs/cgroup/cpu".count)
            processorMicroseconds = files.unsigned(of: accounts + "/cpuacct.usage").map { $0 / 1_000 }
        }
    }

    // MARK: Both

    /// Pages of files that nobody has looked at lately are given back at once.
    private static func used(_ current: UInt64?, _ inactive: UInt64?) -> UInt64? { current?.minus(inactive ?? 0) }

    private static func processors(_ quota: Int64?, _ period: Int64?) -> Double? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return Double(quota) / Double(period)
    }
}
