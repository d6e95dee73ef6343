package import MeshCore
package import MeshPrivacy
internal import MeshWire

/// The maps of conversations in a folder of the edge's, encrypted: two files for each conversation.
///
///     FOLDER/check       which secret everything here was made with
///     FOLDER/NAME.key    32 bytes of chance, without which the secret opens nothing of the conversation
///     FOLDER/NAME.map    `meshmap1`, the last use (8 bytes), then a ``SealedBox``
///
/// A name is a keyed hash of tenant and session, and says nothing. What was stored is there after a crash, as it was
/// before or after. To forget a conversation is to write zeros over its key, where it lies: every version of its map
/// that a disk may still hold is then unreadable, with the secret too. A disk that writes elsewhere, as flash does, or a
/// file system that copies, may keep the key for a while; so may backups of the folder.
///
/// Callable from any task; what waits for the disk waits on threads of its own.
package final class FileVault: PlaceholderVault {
    private let folder: VaultFolder
    private let secret: TokenKey
    private let lanes = VaultLanes()
    private let mapCount: Lock<Int>

    private init(_ folder: VaultFolder, _ secret: TokenKey, mapCount: Int) {
        self.folder = folder
        self.secret = secret
        self.mapCount = Lock(mapCount)
    }

    /// How many conversations have a map.
    package var count: Int { mapCount.withLock { $0 } }

    // MARK: Opening

    /// The vault in the folder `path`, and the secret in the file `keyPath`; both are made where nothing is there yet.
    ///
    /// The folder must be this process's alone. Reads and writes a few files here and now: for the start of a process.
    ///
    /// `step` is told of each change on the disk, and what it throws ends the work there; for tests.
    package static func open(
        _ path: String,
        keyAt keyPath: String,
        step: @escaping @Sendable (VaultStep) throws(VaultError) -> Void = { _ in }
    ) throws(VaultError) -> (vault: FileVault, secret: TokenKey) {
        let folder = VaultFolder(path: path, step: step)
        try folder.prepare()
        let names = Set(try folder.names())
        let maps = names.filter { $0.hasSuffix(mapMark) }
        let secret = try secret(keyAt: keyPath, for: folder, hasMaps: !maps.isEmpty || names.contains(checkName))
        let check = Array(Hexadecimal.encode(SealedBox.code(secret, checkLabel, [])).utf8)
        if let found = try folder.read(checkName, upTo: check.count + 1) {
            guard found == check else {
                throw VaultError(
                    .wrongKey,
                    "the maps of conversations in '\(folder.path)' were made with another privacy key than the one in "
                        + "'\(keyPath)': put the right file there (edge.privacyKey), or remove the folder, and what "
                        + "placeholders stood for is lost"
                )
            }
        } else {
            try folder.replace(checkName, check)
        }
        try removeLeftovers(names, folder)
        return (vault: FileVault(folder, secret, mapCount: maps.count), secret: secret)
    }

    private static func secret(
        keyAt path: String,
        for folder: VaultFolder,
        hasMaps: Bool
    ) throws(VaultError) -> TokenKey {
        if let secret = try PrivacyKeyFile.read(path) { return secret }
        guard !hasMaps else {
            throw VaultError(
                .keyMissing,
                "the privacy key '\(path)' is missing, and the maps of conversations in '\(folder.path)' cannot be "
                    + "opened without it: put it back from a copy (edge.privacyKey), or remove the folder, and what "
                    + "placeholders stood for is lost"
            )
        }
        return try PrivacyKeyFile.make(path)
    }

    /// Removes drafts, and keys whose map was never written or is gone.
    private static func removeLeftovers(_ names: Set<String>, _ folder: VaultFolder) throws(VaultError) {
        var leftovers: [String] = []
        for name in names {
            if name.hasSuffix(VaultFolder.draftMark) { leftovers.append(name) }
            guard name.hasSuffix(keyMark), !names.contains(name.dropLast(keyMark.utf8.count) + mapMark) else {
                continue
            }
            try folder.wipe(name)
            leftovers.append(name)
        }
        if !leftovers.isEmpty { try folder.remove(leftovers) }
    }

    // MARK: The port

    package func load(tenant: TenantID, session: String) async throws(PrivacyError) -> PlaceholderRecord? {
        try await run(Entry(tenant, session, secret)) { (vault, entry) throws(VaultError) in try vault.load(entry) }
    }

    package func store(
        _ record: PlaceholderRecord,
        tenant: TenantID,
        session: String
    ) async throws(PrivacyError) {
        try await run(Entry(tenant, session, secret)) { (vault, entry) throws(VaultError) in
            try vault.store(record, entry)
        }
    }

    package func remove(tenant: TenantID, session: String) async throws(PrivacyError) {
        try await run(Entry(tenant, session, secret)) { (vault, entry) throws(VaultError) in
            try vault.remove(entry.name)
        }
    }

    private func run<Value: Sendable>(
        _ entry: Entry,
        _ body: @escaping @Sendable (FileVault, Entry) throws(VaultError) -> Value
    ) async throws(PrivacyError) -> Value {
        do throws(VaultError) {
            return try await lanes.run(for: entry.name) { () throws(VaultError) in try body(self, entry) }
        } catch {
            throw PrivacyError(error)
        }
    }

    // MARK: One conversation, on its lane

    /// Where a conversation's map lies, and what its bytes are bound to.
    private struct Entry: Sendable {
        let name: String
        private let tenant: TenantID
        private let session: String

        init(_ tenant: TenantID, _ session: String, _ secret: TokenKey) {
            self.tenant = tenant
            self.session = session
            let code = SealedBox.code(secret, FileVault.nameLabel, [Array(tenant.text.utf8), Array(session.utf8)])
            name = Hexadecimal.encode(code.prefix(16))
        }

        func context(_ head: ArraySlice<UInt8>) -> [UInt8] {
            let tenant = Array(tenant.text.utf8)
            return Array(head) + [UInt8(truncatingIfNeeded: tenant.count)] + tenant + Array(session.utf8)
        }
    }

    private func load(_ entry: Entry) throws(VaultError) -> PlaceholderRecord? {
        let file = entry.name + Self.mapMark
        guard let bytes = try folder.read(file, upTo: Limits.Vault.maximumFileBytes + 1) else { return nil }
        guard let subkey = try subkey(of: entry.name) else {
            throw damaged(file, VaultError(.damaged, "the key beside it is missing or cut short"))
        }
        guard subkey.contains(where: { $0 != 0 }) else {
            // Somebody who was forgetting it came to an end in the middle.
            try remove(entry.name)
            return nil
        }
        do throws(VaultError) {
            guard bytes.count <= Limits.Vault.maximumFileBytes else { throw VaultError(.damaged, "it is too large") }
            guard bytes.count > Self.headBytes, bytes.starts(with: Self.magic) else {
                throw VaultError(.damaged, "it does not begin as a map of this version does")
            }
            let text = try SealedBox.open(
                Array(bytes[Self.headBytes...]),
                by: secret,
                subkey: subkey,
                context: entry.context(bytes[..<Self.headBytes])
            )
            return try record(in: text)
        } catch {
            throw error.code == .damaged ? damaged(file, error) : error
        }
    }

    private func record(in text: SecretBytes) throws(VaultError) -> PlaceholderRecord {
        do throws(WireError) {
            return try text.withBytes { bytes throws(WireError) in
                try PlaceholderRecord(wireBytes: RawSpan(_unsafeBytes: bytes))
            }
        } catch {
            throw VaultError(.damaged, "what is sealed in it is no map (\(error.code.rawValue))")
        }
    }

    private func store(_ record: PlaceholderRecord, _ entry: Entry) throws(VaultError) {
        var subkey = try subkey(of: entry.name)
        if let found = subkey, !found.contains(where: { $0 != 0 }) {
            try remove(entry.name)
            subkey = nil
        }
        let isNew = !folder.exists(entry.name + Self.mapMark)
        if isNew { try countOne() }
        do throws(VaultError) {
            let key = if let subkey { subkey } else { try makeSubkey(entry.name) }
            let head = Self.head(record.lastUse)
            let text = record.wireBytes
            let box = try text.span.withUnsafeBytes { text throws(VaultError) in
                try SealedBox.seal(text, by: secret, subkey: key, context: entry.context(head[...]))
            }
            try folder.replace(entry.name + Self.mapMark, head + box)
        } catch {
            // It may be there all the same, where the folder alone could not be made safe.
            if isNew, !folder.exists(entry.name + Self.mapMark) { mapCount.withLock { $0 -= 1 } }
            throw error
        }
    }

    private func countOne() throws(VaultError) {
        let isCounted = mapCount.withLock { count in
            guard count < Limits.Vault.maximumMaps else { return false }
            count += 1
            return true
        }
        guard !isCounted else { return }
        throw VaultError(
            .full,
            "as many conversations as \(Limits.Vault.maximumMaps) have placeholders: delete sessions, or let them be "
                + "forgotten sooner (edge.privacy.keepFor)"
        )
    }

    private func remove(_ name: String) throws(VaultError) {
        let hadMap = folder.exists(name + Self.mapMark)
        try folder.wipe(name + Self.keyMark)
        try folder.remove([name + Self.mapMark, name + Self.keyMark])
        if hadMap { mapCount.withLock { $0 -= 1 } }
    }

    /// The chance of a conversation; nil where there is none, or not all of it.
    private func subkey(of name: String) throws(VaultError) -> [UInt8]? {
        guard let bytes = try folder.read(name + Self.keyMark, upTo: Self.subkeyBytes + 1) else { return nil }
        return bytes.count == Self.subkeyBytes ? bytes : nil
    }

    private func makeSubkey(_ name: String) throws(VaultError) -> [UInt8] {
        let bytes = try AuthenticatedCipher.chance(Self.subkeyBytes)
        try folder.replace(name + Self.keyMark, bytes)
        return bytes
    }

    private func damaged(_ file: String, _ error: VaultError) -> VaultError {
        VaultError(
            .damaged,
            "the map '\(folder.path)/\(file)' cannot be opened: \(error.message); with it removed, the conversation "
                + "begins another, and what its placeholders stood for is lost"
        )
    }

    // MARK: Lifetime

    /// Forgets what was last used longer ago than `lifetime`; returns how many that were.
    ///
    /// A file that does not say when it was used stays: whoever asks for it hears what is wrong with it.
    package func sweep(now: WallTime, lifetime: Duration) async throws(VaultError) -> Int {
        let bounded = min(lifetime, Limits.Privacy.longestMapLifetime)
        let kept = bounded + PlaceholderMap.useGrain(ofLifetime: bounded)
        let names = try await lanes.run(for: "") { [folder] () throws(VaultError) in try folder.names() }
        var swept = 0
        for file in names where file.hasSuffix(Self.mapMark) {
            let name = String(file.dropLast(Self.mapMark.utf8.count))
            swept += try await lanes.run(for: name) { () throws(VaultError) in
                guard let head = try self.folder.read(file, upTo: Self.headBytes),
                    let lastUse = Self.lastUse(head),
                    PlaceholderMap.isExpired(lastUse: lastUse, now: now, lifetime: kept)
                else { return 0 }
                try self.remove(name)
                return 1
            }
        }
        return swept
    }

    /// Looks for what has expired once the clock is right, and daily from then on, until the task is cancelled.
    ///
    /// `isClockRight` says nil while nobody knows; after ``Limits/Vault/clockPatience`` that counts as yes, so that an
    /// edge that never meets a hub forgets too. On a clock that is wrong nothing is forgotten.
    package func run(
        clock: any Clock,
        lifetime: Duration,
        isClockRight: @escaping @Sendable () -> Bool?,
        swept: @Sendable (Result<Int, VaultError>) -> Void
    ) async {
        let start = clock.now
        while true {
            let isRight = isClockRight() ?? (clock.now - start >= Limits.Vault.clockPatience)
            if isRight {
                do throws(VaultError) {
                    swept(.success(try await sweep(now: clock.wallTime, lifetime: lifetime)))
                } catch {
                    swept(.failure(error))
                }
            }
            let pause = isRight ? Limits.Vault.sweepInterval : Limits.Vault.clockPatience / 60
            guard (try? await clock.sleep(for: pause)) != nil else { return }
        }
    }

    // MARK: The format

    private static func head(_ lastUse: WallTime) -> [UInt8] {
        magic + withUnsafeBytes(of: lastUse.millisecondsSince1970.bigEndian) { Array($0) }
    }

    private static func lastUse(_ head: [UInt8]) -> WallTime? {
        guard head.count == headBytes, head.starts(with: magic) else { return nil }
        let milliseconds = head[magic.count...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return WallTime(millisecondsSince1970: Int64(bitPattern: milliseconds))
    }

    private static let magic = Array("meshmap1".utf8)
    private static let headBytes = 16
    private static let subkeyBytes = 32
    private static let mapMark = ".map"
    private static let keyMark = ".key"
    private static let checkName = "check"
    private static let checkLabel = "meshnode vault check 1"
    private static let nameLabel = "meshnode vault name 1"
}
