package import MeshActors
package import MeshCore
internal import MeshIO

/// An index that answers at once from memory for what another one has not taken in yet.
///
/// A thread of its own hands changes on in large batches, so that nobody who appends waits for the other index; only
/// where more than ``Limits/Store/maximumChangesWaiting`` have gathered does the writer wait. Where the other index
/// takes nothing it is tried again every second, and beyond that bound nothing more is to be written: ``checkRoom()``.
package final class BackgroundIndex: LogIndex {
    private let base: any LogIndex
    private let state = Lock(State())
    private let wakeUps = RequestQueue<Bool>(capacity: 1)
    private let progress = RequestQueue<Bool>(capacity: 1)
    private let hurry = RequestQueue<Bool>(capacity: 1)
    private let failures = RequestQueue<Bool>(capacity: 1)

    private struct State {
        var pending = VolatileIndex(keepingTrims: true)
        var applying: VolatileIndex?
        var waiting = 0
        var inFlight = 0
        var cursor: LogCursor?
        var failure: JournalError?
        var isRunning = false
        /// What goes to the other index as it is, when the store is opened.
        var large: IndexChanges?
    }

    /// An index in front of `base`.
    package init(before base: any LogIndex) {
        self.base = base
        let cursor = base.applied
        state.withLock { $0.cursor = cursor }
    }

    /// Up to where the log is contained.
    package var applied: LogCursor? { state.withLock { $0.cursor } }

    /// Why the other index does not follow, if it does not.
    package var failure: JournalError? { state.withLock { $0.failure } }

    // MARK: Reading

    private var layers: [VolatileIndex] {
        state.withLock { state in state.applying.map { [$0, state.pending] } ?? [state.pending] }
    }

    /// The newest row of `address`.
    package func row(of address: ActorAddress) throws(JournalError) -> ActorRow? {
        for layer in layers.reversed() {
            if let row = try layer.row(of: address) { return row }
        }
        return try base.row(of: address)
    }

    /// Where the entries behind `head` stand.
    package func places(
        of address: ActorAddress,
        after head: Head,
        limit: Int
    ) throws(JournalError) -> [EntryPlace] {
        let layers = self.layers
        var places: [Head: EntryPlace] = [:]
        for place in try base.places(of: address, after: head, limit: limit) { places[place.head] = place }
        for layer in layers {
            for place in try layer.places(of: address, after: head, limit: limit) { places[place.head] = place }
        }
        return Array(places.values.sorted { $0.head < $1.head }.prefix(limit))
    }

    /// The rows behind `address`, in order.
    package func rows(
        after address: ActorAddress?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        let layers = self.layers
        var rows = Dictionary(
            uniqueKeysWithValues: try base.rows(after: address, limit: limit).map { ($0.address, $0.row) }
        )
        for layer in layers {
            for (address, row) in try layer.rows(after: address, limit: limit) { rows[address] = row }
        }
        return rows.sorted { $0.key < $1.key }.prefix(limit).map { ($0.key, $0.value) }
    }

    /// The rows that are due, earliest first.
    package func rowsToWake(
        until wallTime: WallTime,
        after mark: WakeMark?,
        limit: Int
    ) throws(JournalError) -> [(address: ActorAddress, row: ActorRow)] {
        let layers = self.layers
        let overlaid = layers.reduce(0) { $0 + $1.rowCount }
        func newer(_ address: ActorAddress) throws(JournalError) -> ActorRow? {
            for layer in layers.reversed() {
                if let row = try layer.row(of: address) { return row }
            }
            return nil
        }
        var due: [(address: ActorAddress, row: ActorRow)] = []
        for found in try base.rowsToWake(until: wallTime, after: mark, limit: limit + overlaid)
        where try newer(found.address) == nil { due.append(found) }
        for (place, layer) in layers.enumerated() {
            let above = layers[(place + 1)...]
            for found in try layer.rowsToWake(until: wallTime, after: mark, limit: limit + overlaid) {
                var isHidden = false
                for layer in above where try layer.row(of: found.address) != nil { isHidden = true }
                if !isHidden { due.append(found) }
            }
        }
        return Array(due.sorted(by: Self.wakesEarlier).prefix(limit))
    }

    private static func wakesEarlier(
        _ left: (address: ActorAddress, row: ActorRow),
        _ right: (address: ActorAddress, row: ActorRow)
    ) -> Bool {
        guard let first = left.row.wake, let second = right.row.wake, first != second else {
            return left.address < right.address
        }
        return first < second
    }

    // MARK: Writing

    /// Refuses more where the other index takes nothing and the bound has been reached.
    package func checkRoom() throws(JournalError) {
        let failure = state.withLock { state in
            state.waiting + state.inFlight > Limits.Store.maximumChangesWaiting ? state.failure : nil
        }
        guard let failure else { return }
        throw JournalError(.readOnly, "the index does not follow: \(failure.message)", cause: failure)
    }

    /// Takes in what the log has gained.
    package func apply(_ changes: IndexChanges) throws(JournalError) {
        try waitForLarge()
        var waiting = try add(changes)
        var nothing: [Bool] = []
        while waiting > Limits.Store.maximumChangesWaiting, failure == nil {
            _ = progress.take(into: &nothing, patience: .milliseconds(10))
            nothing.removeAll()
            waiting = state.withLock { $0.waiting + $0.inFlight }
        }
    }

    /// Lets the thread hand `changes` to the other index as they are; while that lasts, they are in no layer.
    package func applyLarge(_ changes: IndexChanges) throws(JournalError) {
        try waitForLarge()
        let mustStart: Bool? = state.withLock { state in
            guard state.waiting == 0, state.applying == nil else { return nil }
            state.large = changes
            defer { state.isRunning = true }
            return !state.isRunning
        }
        // What came before did not go in: this must not either, before that has.
        guard let mustStart else { return try apply(changes) }
        if mustStart { try start() }
        _ = wakeUps.append(true)
        _ = hurry.append(true)
    }

    /// Returns when the large part is in, or where it does not go in, as on a full disk, keeps it with what waits.
    private func waitForLarge() throws(JournalError) {
        var nothing: [Bool] = []
        while true {
            let (isTaken, refused) = state.withLock { state in
                (state.large == nil, state.failure == nil ? nil : state.large.take())
            }
            if let refused { _ = try add(refused) }
            if isTaken || refused != nil { return }
            _ = progress.take(into: &nothing, patience: .milliseconds(10))
            nothing.removeAll()
        }
    }

    /// Bytes of memory for what waits, and those of the other index.
    package var memoryInUse: Int {
        let waiting = state.withLock { $0.waiting + $0.inFlight }
        return waiting * Self.bytesOfChange + base.memoryInUse
    }

    /// Takes `changes` in and returns how many wait.
    private func add(_ changes: IndexChanges) throws(JournalError) -> Int {
        let (waiting, pages, mustStart) = try state.withLock { state throws(JournalError) in
            try state.pending.apply(changes)
            // A row that comes with its entry takes the place of the one before.
            state.waiting += max(changes.entries.count, changes.rows.count) + changes.trims.count
            state.cursor = changes.cursor
            let mustStart = !state.isRunning
            state.isRunning = true
            let pages = IndexChanges.roughPages(rows: state.pending.rowCount, entries: state.waiting)
            return (state.waiting + state.inFlight, pages, mustStart)
        }
        if mustStart {
            // What it was given waits here, and the next that comes tries to start the thread again.
            do throws(JournalError) { try start() } catch { state.withLock { $0.failure = error } }
        }
        _ = wakeUps.append(true)
        if pages > Self.pagesAtOnce || waiting > Limits.Store.maximumChangesWaiting / 2 { _ = hurry.append(true) }
        return waiting
    }

    private func start() throws(JournalError) {
        guard !WorkThread.start({ [self] in run() }) else { return }
        state.withLock { $0.isRunning = false }
        throw .noThread
    }

    private func run() {
        // Whoever appends waits for the writer, and nobody for this thread.
        WorkThread.yieldToOthers()
        var signals: [Bool] = []
        while wakeUps.take(into: &signals, patience: nil) {
            signals.removeAll()
            if handOn() > Self.changesWorthTrimming { FreedMemory.giveBack() }
            // Let a batch gather: a few large transactions cost less than many small ones. Where the last one failed
            // nobody can make it hurry but whoever closes.
            let queue = failure == nil ? hurry : failures
            _ = queue.take(into: &signals, patience: Self.pause)
            signals.removeAll()
        }
        _ = handOn()
        state.withLock { $0.isRunning = false }
        progress.close()
    }

    /// Hands the other index what has gathered, or once more what it could not take; returns how much it took.
    private func handOn() -> Int {
        handOnLarge()
        let applying = state.withLock { state in
            if state.applying == nil, state.waiting > 0 {
                state.applying = state.pending
                state.inFlight = state.waiting
                state.pending = VolatileIndex(keepingTrims: true)
                state.waiting = 0
            }
            return state.applying
        }
        guard let applying else { return 0 }
        do throws(JournalError) {
            try base.apply(applying.contents)
            let count = state.withLock { state in
                defer { state.inFlight = 0 }
                state.applying = nil
                state.failure = nil
                return state.inFlight
            }
            _ = progress.append(true)
            return count
        } catch {
            state.withLock { $0.failure = error }
            _ = wakeUps.append(true)
            return 0
        }
    }

    private func handOnLarge() {
        guard let large = state.withLock({ $0.large }) else { return }
        do throws(JournalError) {
            try base.applyLarge(large)
            state.withLock { state in
                state.large = nil
                state.cursor = large.cursor
            }
        } catch {
            state.withLock { $0.failure = error }
        }
        _ = progress.append(true)
    }

    /// Forgets everything.
    package func removeAll() throws(JournalError) {
        try base.removeAll()
        state.withLock { state in
            let isRunning = state.isRunning
            state = State()
            state.isRunning = isRunning
        }
    }

    /// Ends the use of it.
    package func close() {
        wakeUps.close()
        failures.close()
        _ = hurry.append(true)
        var nothing: [Bool] = []
        while state.withLock({ $0.isRunning }) {
            guard progress.take(into: &nothing, patience: .milliseconds(10)) else { break }
            nothing.removeAll()
        }
        base.close()
    }

    private static let pause = Duration.seconds(1)

    /// Beyond so many pages that a transaction would write, it does not wait for more: the library keeps the memory.
    private static let pagesAtOnce = 2_048

    /// Behind so many changes the memory that they took is given back.
    private static let changesWorthTrimming = 65_536

    /// A row or a place in two dictionaries, measured with a million of them.
    private static let bytesOfChange = 320
}
