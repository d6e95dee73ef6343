/// What the process itself takes, under the names that Prometheus' own libraries use.
package struct ProcessReading: Hashable, Sendable {
    /// Memory that is in RAM.
    package let residentBytes: Int64
    /// Processor time of all threads so far.
    package let processorNanoseconds: Int64
    /// Files and sockets that are open.
    package let openDescriptors: Int64
    /// Threads.
    package let threads: Int64
    /// Files and sockets that may be open; nil where nobody says so.
    package var openDescriptorsLimit: Int64?
    /// Memory that is mapped, in RAM or not; nil where nobody says so.
    package var virtualBytes: Int64?

    /// A reading of these values.
    package init(residentBytes: Int64, processorNanoseconds: Int64, openDescriptors: Int64, threads: Int64) {
        self.residentBytes = residentBytes
        self.processorNanoseconds = processorNanoseconds
        self.openDescriptors = openDescriptors
        self.threads = threads
    }
}

extension MetricRegistry {
    /// Shows what `read` finds whenever metrics are read; nothing where it finds nothing.
    package func collectProcess(read: @escaping @Sendable () -> ProcessReading?) {
        collectProcess(.gauge, "resident_memory", .bytes, "Memory of the process in RAM.", read) { $0.residentBytes }
        collectProcess(.counter, "cpu", .seconds, "Processor time of the process.", read) { $0.processorNanoseconds }
        collectProcess(.gauge, "open_fds", .count, "Files and sockets that are open.", read) { $0.openDescriptors }
        collectProcess(.gauge, "threads", .count, "Threads of the process.", read) { $0.threads }
        let limit = "Files and sockets that may be open."
        collectProcess(.gauge, "max_fds", .count, limit, read) { $0.openDescriptorsLimit }
        collectProcess(.gauge, "virtual_memory", .bytes, "Memory that the process has mapped.", read) {
            $0.virtualBytes
        }
    }

    private func collectProcess(
        _ kind: MetricDescription.Kind,
        _ name: String,
        _ unit: MetricUnit,
        _ help: String,
        _ read: @escaping @Sendable () -> ProcessReading?,
        _ value: @escaping @Sendable (ProcessReading) -> Int64?
    ) {
        collect(MetricDescription(kind, "process_" + name, unit: unit, help: help, labels: [])) {
            read().flatMap(value).map { [CollectedSample($0)] } ?? []
        }
    }
}
