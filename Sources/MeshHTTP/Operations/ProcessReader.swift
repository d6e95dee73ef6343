internal import Glibc
package import MeshTelemetry

/// Reads from `/proc` what the process takes.
package enum ProcessReader {
    /// The process now; nil where there is no `/proc`.
    ///
    /// The files are the kernel's own and are read in no time, so this may run on a loop.
    package static func read() -> ProcessReading? {
        guard let memory = numbers(of: "/proc/self/statm"), memory.count > 1, let threads = threadCount() else {
            return nil
        }
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        var reading = ProcessReading(
            residentBytes: memory[1] * Int64(sysconf(Int32(_SC_PAGESIZE))),
            processorNanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
            openDescriptors: Int64(max(0, count(in: "/proc/self/fd") - 1)),  // but for the folder itself
            threads: threads
        )
        reading.virtualBytes = memory[0] * Int64(sysconf(Int32(_SC_PAGESIZE)))
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            reading.openDescriptorsLimit = Int64(clamping: limit.rlim_cur)
        }
        return reading
    }

    private static func threadCount() -> Int64? {
        let count = count(in: "/proc/self/task")
        return count > 0 ? Int64(count) : nil
    }

    private static func numbers(of path: String) -> [Int64]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 256)
        let count = fread(&line, 1, line.count, file)
        return String(decoding: line[..<count], as: UTF8.self).split { $0 == " " || $0 == "\n" }.compactMap {
            Int64($0)
        }
    }

    private static func count(in path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }
}
