package import MeshCore
package import MeshStore

/// A model of a disk with a volatile cache, whose faults a seed decides.
///
/// Until a sync, a power cut may keep, lose, reorder or tear what was written, at sectors of 512 bytes; until
/// ``syncFolder()`` it may undo creations and removals, the latest first. After a failed sync nobody knows
/// what is safe, and later syncs do not make up for it. Handles from before a power cut are dead. What is at rest can
/// be damaged: `SimulatedDisk+Damage.swift`.
package final class SimulatedDisk: Disk {
    typealias FileNumber = Int

    fileprivate enum NameChange {
        case create(String, FileNumber)
        case remove(String)
    }

    struct State {
        var files: [FileNumber: SimulatedFileContent] = [:]
        var faults = DiskFaults()
        var counts = DiskCounts()
        var capacity = Int.max
        var generator: SeededGenerator
        fileprivate(set) var names: [String: FileNumber] = [:]
        fileprivate var safeNames: [String: FileNumber] = [:]
        fileprivate var nameChanges: [NameChange] = []
        fileprivate var nextNumber = 0
        fileprivate var life = 0
        fileprivate var operationsLeft: Int?
    }

    let state: Lock<State>

    /// An empty disk that draws its faults from `generator`.
    package init(generator: SeededGenerator) { state = Lock(State(generator: generator)) }

    /// What has happened so far.
    package var counts: DiskCounts { state.withLock { $0.counts } }

    /// Changes what the disk does to its caller from now on.
    package func setFaults(_ faults: DiskFaults) { state.withLock { $0.faults = faults } }

    /// Leaves no more room than `spare` bytes beyond what is used; nil takes the bound away.
    package func setRoom(_ spare: Int?) {
        state.withLock { state in
            let used = state.used
            state.capacity = spare.map { used + $0 } ?? Int.max
        }
    }

    /// Lets the power fail at the operation after `operations` more; it stays off until ``cutPower(_:)``.
    package func failPower(afterOperations operations: Int) {
        state.withLock { $0.operationsLeft = operations }
    }

    /// Ends the process that uses the disk: handles die, and what was written stays as safe or unsafe as it was.
    package func killProcess() { state.withLock { $0.life += 1 } }

    /// Cuts the power and gives it back: handles die, and `fate` befalls what was not safe.
    package func cutPower(_ fate: PowerCutFate) {
        state.withLock { state in
            state.life += 1
            state.operationsLeft = nil
            state.counts.powerCuts += 1
            state.revertNames(fate)
            for number in state.files.keys.sorted() {
                state.counts.sectorsLost += state.files[number]?.cutPower(fate, using: &state.generator) ?? 0
            }
            let alive = Set(state.names.values)
            state.files = state.files.filter { alive.contains($0.key) }
        }
    }

    /// All names that a reader sees, sorted.
    package func names() throws(DiskError) -> [String] {
        try perform { state throws(DiskError) in state.names.keys.sorted() }
    }

    /// Opens a file; a new one is not safe before the folder is synced.
    package func open(_ name: String, creating: Bool) throws(DiskError) -> any DiskFile {
        try perform { state throws(DiskError) in
            if let number = state.names[name] {
                return SimulatedDiskFile(number: number, life: state.life, disk: self)
            }
            guard creating else { throw DiskError(.notFound, "there is no file \(name)") }
            let number = state.nextNumber
            state.nextNumber += 1
            state.files[number] = SimulatedFileContent()
            state.change(.create(name, number))
            return SimulatedDiskFile(number: number, life: state.life, disk: self)
        }
    }

    /// Removes a file; a power cut may bring it back until the folder is synced.
    package func remove(_ name: String) throws(DiskError) {
        try perform { state throws(DiskError) in
            guard state.names[name] != nil else { throw DiskError(.notFound, "there is no file \(name)") }
            state.change(.remove(name))
        }
    }

    /// Makes all names safe, or fails as the faults say.
    package func syncFolder() throws(DiskError) {
        try perform { state throws(DiskError) in
            try state.drawFault(state.faults.failingSyncsPerThousand, "the folder cannot be synced")
            state.safeNames = state.names
            state.nameChanges = []
            state.counts.syncs += 1
        }
    }

    /// Does one operation of the handle of a file, or says why not.
    func perform<Result>(
        life: Int? = nil,
        _ operation: (inout State) throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        // The closure's result is a value or a new handle; nothing of the state leaks through it.
        nonisolated(unsafe) var outcome: Swift.Result<Result, DiskError>?
        state.withLock { state in
            do throws(DiskError) {
                if let life, life != state.life { throw DiskError(.failed, "the handle is older than the power cut") }
                try state.countOperation()
                outcome = .success(try operation(&state))
            } catch {
                state.counts.failures += 1
                outcome = .failure(error)
            }
        }
        guard let outcome else { throw DiskError(.failed, "nothing was done") }
        return try outcome.get()
    }
}

extension SimulatedDisk.State {
    /// Bytes that all files together take.
    var used: Int { names.values.reduce(0) { $0 + (files[$1]?.length ?? 0) } }

    /// Throws `failed` for `share` draws out of a thousand.
    mutating func drawFault(_ share: Int, _ message: String) throws(DiskError) {
        if share > 0, generator.chance(share, in: 1_000) { throw DiskError(.failed, message) }
    }

    fileprivate mutating func countOperation() throws(DiskError) {
        guard let left = operationsLeft else { return }
        guard left > 0 else { throw DiskError(.failed, "the power is off") }
        operationsLeft = left - 1
    }

    fileprivate mutating func change(_ change: SimulatedDisk.NameChange) {
        Self.apply(change, to: &names)
        nameChanges.append(change)
    }

    /// A file system with a log of its own keeps name changes in their order, so a cut takes the latest.
    fileprivate mutating func revertNames(_ fate: PowerCutFate) {
        let kept =
            switch fate {
            case .everythingKept: nameChanges.count
            case .everythingLost: 0
            case .torn: generator.integer(in: 0...nameChanges.count)
            }
        for change in nameChanges.prefix(kept) { Self.apply(change, to: &safeNames) }
        nameChanges = []
        names = safeNames
    }

    private static func apply(_ change: SimulatedDisk.NameChange, to names: inout [String: SimulatedDisk.FileNumber]) {
        switch change {
        case .create(let name, let number): names[name] = number
        case .remove(let name): names[name] = nil
        }
    }
}
