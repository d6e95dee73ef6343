internal import MeshCore
internal import MeshStore
internal import MeshTelemetry

extension MetricGroup<StoreStatistics> {
    /// The journal of a node.
    func registerStore() {
        state("journal_state", "Whether the journal takes appends: 1 for the state that it is in.") { $0.condition }
        histogram("journal_batch_records", unit: .count, "Records that became durable together.") {
            [CollectedSpread($0.batchRecords)]
        }
        histogram("journal_batch", unit: .bytes, "Bytes that became durable together.") {
            [CollectedSpread($0.batchBytes)]
        }
        histogram("journal_sync_duration", unit: .seconds, "Time that the disk took to make what was written safe.") {
            [CollectedSpread($0.syncTimes)]
        }
        counter("journal_commits", "Batches that became durable, each with one sync.") {
            UInt64(clamping: $0.batchRecords.count)
        }
        several(.counter, "journal_commits_failed", "Batches that did not, by why.", labels: ["reason"]) { found in
            [CollectedSample(found.refusedCommits, "no_room"), CollectedSample(found.failedCommits, "failed")]
        }
        gauge("journal_requests_waiting", "Requests that wait for the journal's writer.") { $0.requestsWaiting }
        gauge("journal_appends_waiting", unit: .bytes, "Bytes of appends that wait for the journal's writer.") {
            $0.bytesWaiting
        }
        gauge("journal_log", unit: .bytes, "Length of the log, from its first segment to its end.") {
            Int(clamping: $0.end.rawValue &- $0.first.rawValue)
        }
        gauge("journal_segments", "Segments of the log.") { $0.segments }
        gauge(
            "journal_anchor_lag",
            unit: .bytes,
            "Bytes of the log behind the last anchor, whose loss nobody would see."
        ) {
            Int(clamping: $0.end.rawValue &- min($0.end, $0.anchored).rawValue)
        }
        counter("journal_segments_dropped", "Segments that compaction has dropped.") { $0.segmentsDropped }
        gauge("journal_memory", unit: .bytes, "Memory that the journal's index and buffers take.") { $0.memoryBytes }
        gauge("journal_generation", "How often the journal has been opened.") { Int(clamping: $0.generation) }
        several(
            .gauge,
            "journal_part_failing",
            "Whether a part that works beside the writer fails now; 0 or 1.",
            labels: ["part"]
        ) { found in
            [
                CollectedSample(found.compactionFailure == nil ? 0 : 1, values: ["compaction"]),
                CollectedSample(found.indexFailure == nil ? 0 : 1, values: ["index"]),
            ]
        }
    }
}

extension MetricGroup<StoreWatch.Counts> {
    /// What was noticed of the journal and said in the log.
    func registerStoreNews() {
        several(
            .counter,
            "journal_failures",
            "Times that a part of the journal was found failing which had been well.",
            labels: ["part"]
        ) { found in
            [
                CollectedSample(found.writer, "writer"), CollectedSample(found.compaction, "compaction"),
                CollectedSample(found.index, "index"),
            ]
        }
    }
}
