package import MeshActors
internal import MeshCore

/// A journal's rules over the log and an index: synchronous, deterministic, for one thread.
///
/// ``LogStore`` drives it from its writer's thread; the simulator drives it over a simulated disk. Requests are staged
/// into a batch one after the other, each checked against what the ones before it will leave, and ``commit()`` makes
/// them durable together or takes all of them back.
package final class StoreCore {
    let engine: LogEngine
    let index: any LogIndex

    /// What may be read beside the thread that calls all else.
    let reader: StoreReader

    private var batch = BatchBuilder()
    private var live: [ActorAddress: LiveActor] = [:]
    private var staged: [(actor: LiveActor, row: ActorRow, isOwnershipWritten: Bool)] = []
    private var changes = IndexChanges()
    private var claims: UInt64 = 0
    private var isClosed = false

    /// What is known of old segments.
    var compaction: Compaction

    /// Opens the store on `disk`, or makes one there; the index catches up with the log.
    package convenience init(
        on disk: any Disk,
        index: any LogIndex,
        _ configuration: LogConfiguration = LogConfiguration()
    ) throws(JournalError) {
        try self.init(on: disk, index: index, configuration, StoreLedger())
    }

    /// The same, with what it does noted in `ledger`.
    init(
        on disk: any Disk,
        index: any LogIndex,
        _ configuration: LogConfiguration,
        _ ledger: StoreLedger
    ) throws(JournalError) {
        self.index = index
        compaction = Compaction(index, keepingHistoryOf: configuration.keepsHistoryOf)
        var replay: IndexReplay?
        func replayer(_ first: LogPosition) -> IndexReplay {
            if let replay { return replay }
            let made = IndexReplay(to: index, isTruncated: first > .start)
            replay = made
            return made
        }
        let log = try LogOpening(on: disk, configuration)
        let first = log.anchor.first
        engine = try LogEngine(
            on: disk,
            configuration,
            log,
            ledger,
            from: index.applied,
            restarting: { () throws(JournalError) in try index.removeAll() },
            boundary: { cursor throws(JournalError) in try replayer(first).boundary(cursor) },
            visitor: { record throws(JournalError) in try replayer(first).visit(record) }
        )
        reader = StoreReader(index, engine.segments, generation: engine.generation)
        try replay?.flush()
    }

    // MARK: Claims

    /// Makes `owner` the owner; nothing is written until it writes.
    ///
    /// An epoch is the store's generation, which each opening raises durably, above a count of claims since: no two
    /// claims of a store's life have the same one, and none falls, although a claim that wrote nothing is forgotten.
    package func claim(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) throws(JournalError) -> Claim {
        let (epoch, row) = try take(address, for: owner, takeover)
        do throws(JournalError) {
            return Claim(epoch: epoch, head: row.head, snapshot: try reader.snapshot(of: row, address))
        } catch {
            try? release(address, epoch)
            throw error
        }
    }

    /// Makes `owner` the owner as ``claim(_:for:_:)`` does, and leaves it to the caller to read the snapshot.
    func take(
        _ address: ActorAddress,
        for owner: Owner,
        _ takeover: Takeover
    ) throws(JournalError) -> (epoch: Epoch, row: ActorRow) {
        try checkOpen()
        if isStaged(address) { try commit() }
        let actor = try actor(address)
        if let present = actor.owner, present != owner, takeover != .from(actor.epoch) {
            let held = HeldElsewhere(owner: present, epoch: actor.epoch)
            throw JournalError(.owned, "\(address) belongs to \(present.node)", cause: held)
        }
        actor.epoch = try nextEpoch()
        actor.owner = owner
        actor.isOwnershipWritten = false
        actor.isClaimed = true
        live[address] = actor
        return (actor.epoch, actor.row)
    }

    private func nextEpoch() throws(JournalError) -> Epoch {
        if claims == Self.claimsInGeneration {
            try engine.beginGeneration()
            claims = 0
        }
        claims += 1
        return Epoch(rawValue: engine.generation << Self.claimBits | claims)
    }

    /// Gives `address` up; what the log says of its owner is corrected with the next batch.
    package func release(_ address: ActorAddress, _ epoch: Epoch) throws(JournalError) {
        try checkOpen()
        guard let actor = try existing(address), actor.epoch == epoch, actor.owner != nil else { return }
        actor.owner = nil
        guard actor.row.owner != nil else {
            // Nothing was written, so that nothing is remembered: the next claim's epoch is above this one anyway.
            if !actor.isStaged { live[address] = nil }
            return
        }
        stage(actor)
        actor.row.owner = nil
        actor.isOwnershipWritten = true
        actor.row.epoch = epoch
        addOwnership(of: actor)
    }

    // MARK: Writing

    /// Whether the present batch changes `address`.
    package func isStaged(_ address: ActorAddress) -> Bool { live[address]?.isStaged ?? false }

    /// How many bytes the present batch has.
    package var stagedBytes: Int { batch.recordCount == 0 ? 0 : batch.batchBytes }

    /// Adds `append` to the present batch, or says why it may not be; ``commit()`` makes it durable.
    package func stage(_ append: JournalAppend) throws(JournalError) {
        try checkOpen()
        try append.checkBounds()
        try append.checkFitsBatch()
        try index.checkRoom()
        let actor = try owned(append.address, append.epoch)
        guard actor.row.head == append.head else {
            let found = "\(append.address) stands at \(actor.row.head.rawValue), not at \(append.head.rawValue)"
            throw JournalError(.staleHead, found)
        }
        stage(actor)
        writeOwnership(of: actor)
        for entry in append.entries {
            let head = actor.row.head.advanced(by: 1)
            let added = batch.add(entry, of: append, at: head, behind: actor.row.chain)
            let place = EntryPlace(head: head, position: engine.end.position.advanced(by: added.offset))
            changes.entries.append((append.address, place))
            actor.row.head = head
            actor.row.chain = added.chain
        }
        actor.row.wake = append.wake
        #if PLANTED_BUGS
        if PlantedBug.forgetWake.isOn { actor.row.wake = nil }
        #endif
    }

    /// Adds `snapshot` to the present batch.
    package func stage(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch) throws(JournalError) {
        try checkOpen()
        try snapshot.checkBounds()
        try index.checkRoom()
        // What it stands on is read from what is durable.
        if isStaged(address) { try commit() }
        let actor = try owned(address, epoch)
        guard snapshot.head <= actor.row.head else {
            throw JournalError(.staleHead, "a snapshot of \(address) ahead of its journal")
        }
        guard snapshot.head >= actor.row.snapshotHead else { return }
        let chain = try chain(of: actor, at: snapshot.head)
        if snapshot.head < actor.row.head, actor.isOwnershipWritten { stageStanding(of: actor) }
        stage(actor)
        writeOwnership(of: actor)
        let offset = batch.add(snapshot, of: address, epoch, wake: actor.row.wake, at: chain)
        actor.row.snapshotHead = snapshot.head
        actor.row.snapshotPosition = engine.end.position.advanced(by: offset)
    }

    /// Makes everything staged durable with one sync, or takes all of it back and says why.
    package func commit() throws(JournalError) { try commit(usingReserve: false) }

    /// The same; what makes room may use what is reserved for that.
    func commit(usingReserve: Bool) throws(JournalError) {
        try checkOpen()
        guard batch.recordCount > 0 else {
            guard !changes.trims.isEmpty else { return }
            changes.cursor = engine.end
            defer { changes = IndexChanges() }
            return try index.apply(changes)
        }
        defer {
            batch.removeAll()
            staged.removeAll(keepingCapacity: true)
            changes = IndexChanges()
        }
        do {
            for (actor, _, _) in staged { changes.rows.append((actor.address, actor.row)) }
            try engine.append(&batch, usingReserve: usingReserve)
        } catch {
            takeBack()
            throw error
        }
        changes.cursor = engine.end
        for (actor, _, _) in staged {
            actor.isStaged = false
            if actor.owner == nil || !actor.isClaimed { live[actor.address] = nil }
        }
        do throws(JournalError) {
            try index.apply(changes)
        } catch {
            // The log has it, the index never will: from here on they would tell different stories.
            engine.end(because: error)
            throw JournalError(.unknownOutcome, "what is durable is not in the index", cause: error)
        }
    }

    private func takeBack() {
        #if PLANTED_BUGS
        if PlantedBug.keepFailedBatch.isOn { return }
        #endif
        for (actor, row, isOwnershipWritten) in staged {
            actor.row = row
            actor.isOwnershipWritten = isOwnershipWritten
            actor.isStaged = false
            if !actor.isClaimed { live[actor.address] = nil }
        }
    }

    private func stage(_ actor: LiveActor) {
        guard !actor.isStaged else { return }
        actor.isStaged = true
        live[actor.address] = actor
        staged.append((actor, actor.row, actor.isOwnershipWritten))
    }

    /// Stages `actor` behind a record that says where it stands, unless the present batch says so already.
    ///
    /// A log whose beginning was dropped may begin with any batch. What does not tell its actor's head by itself (a
    /// snapshot behind it, whatever is written again) must not be the first that is read of it.
    private func stageStanding(of actor: LiveActor) {
        guard !actor.isStaged else { return }
        stage(actor)
        #if PLANTED_BUGS
        if PlantedBug.carryWithoutStanding.isOn { return }
        #endif
        addOwnership(of: actor)
    }

    /// The first record in an epoch comes behind one that says who holds it.
    private func writeOwnership(of actor: LiveActor) {
        guard !actor.isOwnershipWritten else { return }
        actor.isOwnershipWritten = true
        actor.row.epoch = actor.epoch
        actor.row.owner = actor.owner
        addOwnership(of: actor)
    }

    private func addOwnership(of actor: LiveActor) {
        let row = actor.row
        batch.add(row.owner, of: actor.address, row.epoch, row.head, wake: row.wake, at: row.chain)
    }

    // MARK: Compaction

    /// Writes `record` again at the log's end.
    func carry(_ record: ScannedRecord) throws(JournalError) {
        if stagedBytes + record.body.count > Limits.Store.maximumRecordBytes { try commit() }
        let actor = try actor(record.head.address)
        stageStanding(of: actor)
        switch record.head.kind {
        case .ownership: break  // says where it stands, as the one just written does
        case .snapshot:
            let offset = batch.carry(record.body, as: .snapshot)
            actor.row.snapshotPosition = engine.end.position.advanced(by: offset)
        case .entry, .carriedEntry:
            let position = engine.end.position.advanced(by: batch.carry(record.body, as: .carriedEntry))
            changes.entries.append((actor.address, EntryPlace(head: record.head.head, position: position)))
        }
    }

    /// Lets the index forget the entries up to the snapshot of `address`.
    func trim(_ address: ActorAddress) throws(JournalError) {
        guard !compaction.keepsHistory(of: address) else { return }
        guard let row = try existing(address)?.row, row.snapshotHead > .none else { return }
        changes.trims.append((address, row.snapshotHead))
    }

    // MARK: Actors

    private func owned(_ address: ActorAddress, _ epoch: Epoch) throws(JournalError) -> LiveActor {
        guard let actor = try existing(address), actor.epoch == epoch, actor.owner != nil else {
            throw JournalError(.fenced, "\(address) is no longer owned in epoch \(epoch.rawValue)")
        }
        return actor
    }

    /// The actor, unless nothing is known of it.
    func existing(_ address: ActorAddress) throws(JournalError) -> LiveActor? {
        if let actor = live[address] { return actor }
        return try index.row(of: address).map { LiveActor(address, $0) }
    }

    private func actor(_ address: ActorAddress) throws(JournalError) -> LiveActor {
        try existing(address) ?? LiveActor(address, ActorRow())
    }

    /// How many actors are in memory.
    package var liveCount: Int { live.count }

    /// Actors in memory of which more is known than the log says: claimed, and nothing written since.
    var unwritten: [ActorAddress: ActorRow] {
        live.values.reduce(into: [:]) { rows, actor in
            guard !actor.isOwnershipWritten else { return }
            rows[actor.address] = actor.row
            rows[actor.address]?.epoch = actor.epoch
        }
    }

    func checkOpen() throws(JournalError) {
        guard !isClosed else { throw JournalError(.closed, "the store has been closed") }
    }

    /// Writes what is staged, notes the end outside the log, and closes the index.
    package func close() throws(JournalError) {
        guard !isClosed else { return }
        var failure: JournalError?
        do throws(JournalError) { try commit() } catch { failure = error }
        do throws(JournalError) { try engine.close() } catch { failure = failure ?? error }
        isClosed = true
        index.close()
        // Last: from then on somebody else may open the folder, and the index in it.
        engine.giveUpFolder()
        if let failure { throw failure }
    }

    private static var claimBits: UInt64 { 40 }
    private static var claimsInGeneration: UInt64 { (1 << claimBits) - 1 }
}
