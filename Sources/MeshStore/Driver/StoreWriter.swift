internal import MeshActors
internal import MeshCore

/// What a caller asks of the writer.
enum StoreRequest {
    /// Where a caller waits for its error, or for none.
    typealias Answer = UnsafeContinuation<JournalError?, Never>

    /// What runs between two batches; it answers its caller itself.
    typealias Work = @Sendable (StoreCore) -> Void

    case append(JournalAppend, Answer)
    case save(Snapshot, ActorAddress, Epoch, Answer)
    case perform(behind: ActorAddress?, behindEverything: Bool, Work)

    /// What it holds in memory while it waits.
    var bytes: Int {
        switch self {
        case .append(let append, _):
            append.entries.reduce(0) { $0 + $1.answer.count + $1.events.reduce(0) { $0 + $1.count } }
        case .save(let snapshot, _, _, _): snapshot.bytes.count
        case .perform: 0
        }
    }
}

/// The writer's thread: takes what has gathered, stages it, commits it with one sync, and answers.
struct StoreWriter {
    private let core: StoreCore
    private var answers: [StoreRequest.Answer] = []
    private var isAnchorBehind = false
    private var lastAnchor = ContinuousClock.now
    private let usualBatchBytes: Int
    private let compaction: CompactionThread
    private var segmentsSeen: Int

    /// Opens the store, says so through `opened`, and serves `queue` until it is closed.
    static func run(
        _ queue: RequestQueue<StoreRequest>,
        on disk: any Disk,
        _ index: any LogIndex,
        _ configuration: LogConfiguration,
        _ compaction: CompactionThread,
        _ ledger: StoreLedger,
        opened: (Result<StoreReader, JournalError>) -> Void
    ) {
        let core: StoreCore
        do throws(JournalError) {
            core = try StoreCore(on: TimedDisk(base: disk, ledger: ledger), index: index, configuration, ledger)
        } catch {
            index.close()
            disk.close()
            opened(.failure(error))
            return
        }
        // Where the index had to be made again, that took more than serving ever will.
        FreedMemory.giveBack()
        let didStart = compaction.start(core.reader, queue, keepingHistoryOf: configuration.keepsHistoryOf)
        opened(didStart ? .success(core.reader) : .failure(.noThread))
        var writer = StoreWriter(core: core, configuration, compaction)
        var requests: [StoreRequest] = []
        while queue.take(into: &requests, patience: writer.isAnchorBehind ? anchorPatience : nil) {
            for request in requests { writer.take(request) }
            writer.commit()
            requests.removeAll(keepingCapacity: requests.capacity <= Limits.Store.maximumRequestsWaiting / 8)
            writer.anchorIfDue()
            writer.compactIfDue()
        }
        // The last reference is gone without a close; what was acknowledged is durable anyway.
        compaction.stopAndWait()
        try? core.close()
    }

    private init(core: StoreCore, _ configuration: LogConfiguration, _ compaction: CompactionThread) {
        self.core = core
        self.compaction = compaction
        // Not at once: whoever calls first after a start shall not wait for it.
        segmentsSeen = core.segmentCount
        usualBatchBytes = configuration.groupsCommits ? 4 * 1_024 * 1_024 : 1
    }

    private mutating func take(_ request: StoreRequest) {
        switch request {
        case .append(let append, let answer):
            stage(answer) { core throws(JournalError) in try core.stage(append) }
        case .save(let snapshot, let address, let epoch, let answer):
            // In this way, because those who wait for what is staged are answered by it.
            if core.isStaged(address) { commit() }
            stage(answer) { core throws(JournalError) in try core.stage(snapshot, of: address, epoch) }
        case .perform(let address, let behindEverything, let work):
            if behindEverything || address.map(core.isStaged) ?? false { commit() }
            work(core)
            isAnchorBehind = true
        }
        if core.stagedBytes >= usualBatchBytes { commit() }
    }

    private mutating func stage(_ answer: StoreRequest.Answer, _ body: (StoreCore) throws(JournalError) -> Void) {
        do throws(JournalError) {
            try body(core)
            answers.append(answer)
        } catch {
            answer.resume(returning: error)
        }
    }

    private mutating func commit() {
        var failure: JournalError?
        do throws(JournalError) { try core.commit() } catch { failure = error }
        if failure?.code == .readOnly { compaction.request() }
        isAnchorBehind = isAnchorBehind || !answers.isEmpty
        for answer in answers { answer.resume(returning: failure) }
        answers.removeAll(keepingCapacity: true)
    }

    /// The anchor follows at its leisure: it only has to bound what could be lost unseen.
    private mutating func anchorIfDue() {
        guard isAnchorBehind, ContinuousClock.now - lastAnchor >= Self.anchorPatience else { return }
        lastAnchor = ContinuousClock.now
        // Where it cannot be written the log cannot either, and whoever appends is told; it is tried again.
        if (try? core.engine.writeAnchor()) != nil { isAnchorBehind = false }
    }

    /// Lets old segments be looked at whenever the log has grown by one.
    private mutating func compactIfDue() {
        let count = core.segmentCount
        if count > segmentsSeen { compaction.request() }
        segmentsSeen = count
    }

    private static let anchorPatience = Duration.milliseconds(100)
}
