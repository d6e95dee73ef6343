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
        collectProcess(.gauge, "resident_memory", .bytes, "Memory of the process in RAM.", read, \.residentBytes)
        collectProcess(.counter, "cpu", .seconds, "Processor time of the process.", read, \.processorNanoseconds)
        collectProcess(.gauge, "open_fds", .count, "Files and sockets that are open.", read, \.openDescriptors)
        collectProcess(.gauge, "threads", .count, "Threads of the process.", read, \.threads)
    }

    private func collectProcess(
        _ kind: MetricDescription.Kind,
        _ name: String,
        _ unit: MetricUnit,
        _ help: String,
        _ read: @escaping @Sendable () -> ProcessReading?,
        _ value: any KeyPath<ProcessReading, Int64> & Sendable
    ) {
        collect(MetricDescription(kind, "process_" + name, unit: unit, help: help, labels: [])) {
            read().map { [CollectedSample($0[keyPath: value])] } ?? []
        }
    }
}
