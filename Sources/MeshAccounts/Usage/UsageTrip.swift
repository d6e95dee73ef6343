internal import MeshActors
internal import MeshCore
internal import MeshLedger
internal import MeshUsageStore

/// One round of carrying: it gathers what journals have gained, of as many accounts as fill a transaction.
struct UsageTrip {
    /// What was done.
    private(set) var rows = UInt64(0)
    private(set) var batches = UInt64(0)
    private(set) var begunAnew: [String] = []

    /// Accounts whose journals could not be read.
    private(set) var unread: Set<String> = []

    /// Why something could not be done.
    var failure: (error: String, reason: String)?

    private let journal: any Journal
    private let store: UsageStore
    private var gathered: [UsageAddition] = []
    private var gatheredRows = 0

    init(from journal: any Journal, to store: UsageStore) {
        self.journal = journal
        self.store = store
    }

    static func words(_ error: any Error) -> (error: String, reason: String) {
        guard let error = error as? any StructuredError else { return ("usage.unknown", "\(error)") }
        return (error.identity, error.message)
    }

    /// Carries what each of `accounts` has gained.
    mutating func carry(_ accounts: Set<String>) async throws {
        for account in accounts.sorted() { try await carry(account) }
        try await flush()
    }

    /// Looks at all accounts, and forgets those of which the journal knows nothing.
    mutating func carryAll() async throws {
        var known: Set<String> = []
        var last: String?
        while true {
            let page = try await journal.actors(of: Ledger.kind, after: last)
            guard let end = page.last else { break }
            last = end.address.key
            for summary in page where summary.head > .none {
                known.insert(summary.address.key)
                try await carry(summary.address.key)
            }
        }
        try await flush()
        for account in try await store.perform({ database throws(UsageStoreError) in try database.accounts() })
        where !known.contains(account) { try await forget(account) }
    }

    /// A journal that cannot be read keeps no other account from being carried.
    private mutating func carry(_ account: String) async throws {
        do {
            try await gather(account)
        } catch let error as UsageStoreError {
            throw error
        } catch {
            unread.insert(account)
            failure = failure ?? Self.words(error)
        }
    }

    private mutating func gather(_ account: String) async throws {
        let address = try ActorAddress(Ledger.kind, account)
        var cursor = try await store.perform { database throws(UsageStoreError) in try database.cursor(of: account) }
        while true {
            // From the last one that is stored: it shows whether this is the journal that was read then.
            let after = Head(rawValue: max(cursor.head, 1) - 1)
            var entries = try await journal.entries(of: address, after: after)[...]
            if cursor.head > 0 {
                let last = entries.popFirst()
                guard last?.head.rawValue == cursor.head, last?.entry.command.description == cursor.command else {
                    try await forget(account)
                    cursor = UsageCursor(beforeAllOf: account)
                    continue
                }
            }
            if entries.isEmpty { return }
            while !entries.isEmpty {
                let room = Limits.UsageStore.maximumBatchRows - gatheredRows
                let addition = try Self.addition(behind: cursor, &entries, room: room)
                cursor = addition.to
                gathered.append(addition)
                gatheredRows += addition.rows.count
                let isFull = gatheredRows >= Limits.UsageStore.maximumBatchRows
                if isFull || gathered.count >= Limits.UsageStore.maximumBatchRows { try await flush() }
            }
        }
    }

    /// Takes entries until there is no room for another row, whole ones.
    private static func addition(
        behind cursor: UsageCursor,
        _ entries: inout ArraySlice<PlacedEntry>,
        room: Int
    ) throws -> UsageAddition {
        var rows: [UsageRow] = []
        var to = cursor
        while rows.count < room, let placed = entries.popFirst() {
            guard placed.head.rawValue == to.head + 1 else {
                throw JournalError(.corrupt, "ledger/\(cursor.account) lacks the entry behind \(to.head)")
            }
            var number = to.number
            for (event, _) in try LedgerHistory.events(of: placed) {
                guard let posting = event.posting else { continue }
                rows.append(UsageRow(posting, of: cursor.account))
                number = posting.number
            }
            to = UsageCursor(
                account: cursor.account,
                head: placed.head.rawValue,
                command: placed.entry.command.description,
                number: number
            )
        }
        return UsageAddition(from: cursor, to: to, rows: rows)
    }

    private mutating func flush() async throws {
        guard !gathered.isEmpty else { return }
        let additions = gathered
        let count = additions.reduce(0) { $0 + $1.rows.count }
        (gathered, gatheredRows) = ([], 0)
        do throws(UsageStoreError) {
            try await store.perform { database throws(UsageStoreError) in try database.add(additions) }
        } catch {
            // Rows are there that the cursor does not know of: somebody else has written to it.
            if error.code == .conflicting {
                for account in Set(additions.map(\.from.account)).sorted() { try await forget(account) }
            }
            throw error
        }
        rows += UInt64(count)
        batches += 1
    }

    private mutating func forget(_ account: String) async throws {
        gathered.removeAll { $0.from.account == account }
        try await store.perform { database throws(UsageStoreError) in try database.forget(account) }
        begunAnew.append(account)
    }
}
