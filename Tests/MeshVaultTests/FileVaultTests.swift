import Foundation
import MeshCore
import MeshPrivacy
import MeshTestKit
import MeshVault
import Testing

@Suite struct `Maps in files` {
    private let ground: VaultGround
    private let mails = ["anna@example.org", "bob@example.org"]

    init() throws { ground = try VaultGround() }

    @Test func `what was stored is there for the next process, and says nothing`() async throws {
        let (vault, secret) = try ground.open()
        #expect(try await vault.load(tenant: VaultGround.tenant(), session: "trip") == nil)
        let map = try VaultGround.map(mails, secret: secret)
        try await vault.store(map.record, tenant: VaultGround.tenant(), session: "trip")
        let (again, same) = try ground.open()
        #expect(try await VaultGround.count(again, secret: same) == 2)
        #expect(again.count == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: ground.folder)
        #expect(names.count == 3)
        for name in names {
            #expect(!name.contains("trip") && !name.contains("main"))
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(ground.folder)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let text = String(decoding: try ground.bytes(name), as: UTF8.self)
            #expect(!text.contains("anna") && !text.contains("example") && !text.contains("trip"))
        }
        #expect(!names.contains { $0.contains("privacy-key") }, "the key lies elsewhere")
    }

    @Test func `a map that has grown takes the place of the one before`() async throws {
        let (vault, secret) = try ground.open()
        let tenant = try VaultGround.tenant()
        let small = try VaultGround.map([mails[0]], secret: secret)
        try await vault.store(small.record, tenant: tenant, session: "trip")
        let subkey = try ground.bytes(try ground.files(".key")[0])
        try await vault.store(try VaultGround.map(mails, secret: secret).record, tenant: tenant, session: "trip")
        #expect(try await VaultGround.count(vault, secret: secret) == 2)
        #expect(vault.count == 1)
        #expect(try ground.bytes(try ground.files(".key")[0]) == subkey)
    }

    // MARK: Damage

    @Test func `every flipped bit and every cut of a map is refused, and named`() async throws {
        let (vault, secret) = try ground.open()
        let map = try VaultGround.map([mails[0]], secret: secret)
        try await vault.store(map.record, tenant: VaultGround.tenant(), session: "trip")
        let file = try ground.files()[0]
        let bytes = try ground.bytes(file)
        var damaged: [[UInt8]] = bytes.indices.map { index in
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 8)
            return changed
        }
        damaged += (0..<bytes.count).map { Array(bytes[..<$0]) } + [bytes + [0]]
        for changed in damaged {
            try ground.write(changed, to: file)
            let error = try await #require(throws: PrivacyError.self) {
                _ = try await vault.load(tenant: VaultGround.tenant(), session: "trip")
            }
            #expect(error.code == .vaultDamaged && error.message.contains(file))
            #expect(!error.message.contains("anna"))
        }
        try ground.write(bytes, to: file)
        #expect(try await VaultGround.count(vault, secret: secret) == 1)
    }

    @Test func `a map of another session, or with another's key, is refused`() async throws {
        let (vault, secret) = try ground.open()
        let tenant = try VaultGround.tenant()
        for session in ["trip", "home"] {
            let map = try VaultGround.map([mails[0]], session: session, secret: secret)
            try await vault.store(map.record, tenant: tenant, session: session)
        }
        let (maps, keys) = (try ground.files(), try ground.files(".key"))
        let (first, second) = (try ground.bytes(maps[0]), try ground.bytes(maps[1]))
        try ground.write(second, to: maps[0])
        try ground.write(first, to: maps[1])
        for session in ["trip", "home"] {
            await #expect(throws: PrivacyError(.vaultDamaged, "")) {
                _ = try await vault.load(tenant: tenant, session: session)
            }
        }
        // With its key beside it too: the map is bound to its session.
        let (firstKey, secondKey) = (try ground.bytes(keys[0]), try ground.bytes(keys[1]))
        try ground.write(secondKey, to: keys[0])
        try ground.write(firstKey, to: keys[1])
        for session in ["trip", "home"] {
            await #expect(throws: PrivacyError(.vaultDamaged, "")) {
                _ = try await vault.load(tenant: tenant, session: session)
            }
        }
    }

    @Test func `a map whose key is missing or cut is refused`() async throws {
        let (vault, secret) = try ground.open()
        let tenant = try VaultGround.tenant()
        let map = try VaultGround.map([mails[0]], secret: secret)
        try await vault.store(map.record, tenant: tenant, session: "trip")
        let key = try ground.files(".key")[0]
        try ground.write(Array(try ground.bytes(key).dropLast()), to: key)
        await #expect(throws: PrivacyError(.vaultDamaged, "")) {
            _ = try await vault.load(tenant: tenant, session: "trip")
        }
        unlink("\(ground.folder)/\(key)")
        await #expect(throws: PrivacyError(.vaultDamaged, "")) {
            _ = try await vault.load(tenant: tenant, session: "trip")
        }
    }

    @Test func `a file larger than maximumFileBytes is refused, and not read into memory`() async throws {
        let (vault, secret) = try ground.open()
        let map = try VaultGround.map([mails[0]], secret: secret)
        try await vault.store(map.record, tenant: VaultGround.tenant(), session: "trip")
        truncate("\(ground.folder)/\(try ground.files()[0])", Limits.Vault.maximumFileBytes + 1)
        let error = await #expect(throws: PrivacyError.self) {
            _ = try await vault.load(tenant: VaultGround.tenant(), session: "trip")
        }
        #expect(error?.message.contains("too large") == true)
    }

    @Test func `the largest map fits into maximumFileBytes`() async throws {
        let (vault, secret) = try ground.open()
        let key = PlaceholderKey(secret: secret, tenant: try VaultGround.tenant(), session: "trip")
        var map = PlaceholderMap(key: key, now: WallTime(millisecondsSince1970: 0))
        var request = ChatRequestSample.request(user: String(repeating: "u", count: Limits.Privacy.maximumMapBytes / 2))
        _ = try Redactor().redact(request, with: &map)
        request = ChatRequestSample.request(user: String(repeating: "v", count: Limits.Privacy.maximumMapBytes / 2))
        _ = try Redactor().redact(request, with: &map)
        try await vault.store(map.record, tenant: VaultGround.tenant(), session: "trip")
        #expect(try await VaultGround.count(vault, secret: secret) == 2)
    }

    // MARK: Keys

    @Test func `without its key nothing starts, with what to do`() async throws {
        let (vault, secret) = try ground.open()
        let map = try VaultGround.map([mails[0]], secret: secret)
        try await vault.store(map.record, tenant: VaultGround.tenant(), session: "trip")
        rename(ground.key, "\(ground.path)/kept")
        let missing = #expect(throws: VaultError.self) { _ = try ground.open() }
        #expect(missing?.code == .keyMissing)
        #expect(missing?.message.contains("put it back") == true)
        #expect(try PrivacyKeyFile.read(ground.key) == nil, "none is made in its place")
        _ = try PrivacyKeyFile.make(ground.key)
        let wrong = #expect(throws: VaultError.self) { _ = try ground.open() }
        #expect(wrong?.code == .wrongKey)
        rename("\(ground.path)/kept", ground.key)
        #expect(try await VaultGround.count(try ground.open().vault, secret: secret) == 1)
    }

    @Test func `a folder that is open to others is refused`() throws {
        _ = try ground.open()
        chmod(ground.folder, 0o750)
        let error = #expect(throws: VaultError.self) { _ = try ground.open() }
        #expect(error?.code == .exposed && error?.message.contains("chmod 700") == true)
    }

    // MARK: Kill points

    @Test(arguments: VaultStep.allCases, [false, true])
    func `stopped at any step, what is there is the old map or the new one`(step: VaultStep, isFirst: Bool) async throws
    {
        let tenant = try VaultGround.tenant()
        let (first, secret) = try ground.open()
        if !isFirst {
            let map = try VaultGround.map([mails[0]], secret: secret)
            try await first.store(map.record, tenant: tenant, session: "trip")
        }
        let old = isFirst ? nil : 1
        // Each time the step comes once more: first that of the key, then that of the map.
        for place in 1...2 {
            let left = Lock(place)
            let (vault, _) = try ground.open { found throws(VaultError) in
                guard found == step,
                    left.withLock({
                        $0 -= 1
                        return $0 == 0
                    })
                else { return }
                throw VaultError(.full, "as the test has it")
            }
            let failed = await failure { () async throws(PrivacyError) in
                let map = try? VaultGround.map(mails, secret: secret)
                guard let map else { return }
                try await vault.store(map.record, tenant: tenant, session: "trip")
            }
            let (next, _) = try ground.open()
            let found = try await VaultGround.count(next, secret: secret)
            #expect(failed == nil ? found == 2 : found == old || found == 2, "\(step) \(place)")
            #expect(failed == nil || failed?.code == .vaultFull)
            #expect(next.count == (found == nil ? 0 : 1))
            #expect(try ground.files(".new").isEmpty)
        }
    }

    @Test(arguments: 1...3)
    func `stopped while it is forgotten, a map is there or unreadable, and then gone`(place: Int) async throws {
        let tenant = try VaultGround.tenant()
        let (first, secret) = try ground.open()
        let map = try VaultGround.map(mails, secret: secret)
        try await first.store(map.record, tenant: tenant, session: "trip")
        let left = Lock(place)
        let (vault, _) = try ground.open { _ throws(VaultError) in
            guard
                left.withLock({
                    $0 -= 1
                    return $0 == 0
                })
            else { return }
            throw VaultError(.unusable, "as the test has it")
        }
        await #expect(throws: PrivacyError(.vaultFailed, "")) {
            try await vault.remove(tenant: tenant, session: "trip")
        }
        let (next, _) = try ground.open()
        #expect(try await next.load(tenant: tenant, session: "trip") == nil)
        #expect(try ground.files().isEmpty && ground.files(".key").isEmpty)
        #expect(next.count == 0)
    }

    @Test func `what is forgotten is unreadable also for who has kept the file and the secret`() async throws {
        let tenant = try VaultGround.tenant()
        let (vault, secret) = try ground.open()
        let map = try VaultGround.map(mails, secret: secret)
        try await vault.store(map.record, tenant: tenant, session: "trip")
        let (file, kept) = (try ground.files()[0], try ground.bytes(try ground.files()[0]))
        try await vault.remove(tenant: tenant, session: "trip")
        #expect(try ground.files().isEmpty && vault.count == 0)
        // The conversation goes on, with a key of its own; the old file is put back.
        try await vault.store(map.record, tenant: tenant, session: "trip")
        #expect(try ground.files() == [file])
        try ground.write(kept, to: file)
        await #expect(throws: PrivacyError(.vaultDamaged, "")) {
            _ = try await vault.load(tenant: tenant, session: "trip")
        }
    }

    @Test func `a key is overwritten where it lies before its name goes`() async throws {
        let tenant = try VaultGround.tenant()
        let seen = Lock<[UInt8]?>(nil)
        let ground = ground
        let (vault, secret) = try ground.open { step throws(VaultError) in
            guard step == .wiped else { return }
            let file = (try? ground.files(".key").first).flatMap { try? ground.bytes($0) }
            seen.withLock { $0 = file }
        }
        let map = try VaultGround.map(mails, secret: secret)
        try await vault.store(map.record, tenant: tenant, session: "trip")
        try await vault.remove(tenant: tenant, session: "trip")
        #expect(seen.withLock { $0 } == [UInt8](repeating: 0, count: 32))
    }

    // MARK: Lifetime and bounds

    @Test func `what was not used for its lifetime is forgotten, and nothing else`() async throws {
        let tenant = try VaultGround.tenant()
        let (vault, secret) = try ground.open()
        let day = Int64(86_400_000)
        for (session, days) in [("old", Int64(0)), ("new", 10), ("ahead", 400)] {
            let now = WallTime(millisecondsSince1970: days * day)
            let map = try VaultGround.map(mails, session: session, secret: secret, now: now)
            try await vault.store(map.record, tenant: tenant, session: session)
        }
        let now = WallTime(millisecondsSince1970: 31 * day)
        #expect(try await vault.sweep(now: now, lifetime: .seconds(32 * 86_400)) == 0)
        #expect(try await vault.sweep(now: now, lifetime: .seconds(30 * 86_400)) == 1)
        #expect(try await vault.load(tenant: tenant, session: "old") == nil)
        #expect(try await VaultGround.count(vault, session: "new", secret: secret) == 2)
        #expect(vault.count == 2)
        let wrong = WallTime(millisecondsSince1970: .min)
        #expect(try await vault.sweep(now: wrong, lifetime: .seconds(30 * 86_400)) == 0)
    }

    @Test func `it is swept daily at sweepInterval once the clock is right, or after clockPatience`() async throws {
        let (vault, secret) = try ground.open()
        let clock = VirtualClock()
        let map = try VaultGround.map(mails, secret: secret)
        try await vault.store(map.record, tenant: VaultGround.tenant(), session: "trip")
        let sweeps = Lock<[Instant]>([])
        let isRight = Lock<Bool?>(nil)
        await withDiscardingTaskGroup { group in
            group.addTask {
                await vault.run(clock: clock, lifetime: .seconds(86_400), isClockRight: { isRight.withLock { $0 } }) {
                    #expect($0 == .success(sweeps.withLock { $0.isEmpty } ? 1 : 0))
                    sweeps.withLock { $0.append(clock.now) }
                }
            }
            while sweeps.withLock({ $0.count }) < 3 {
                while clock.sleeperCount == 0 { await Task.yield() }
                _ = clock.advanceToNextDeadline()
            }
            // A clock that has been found wrong forgets nothing, however long that lasts.
            isRight.withLock { $0 = false }
            for _ in 0..<200 {
                while clock.sleeperCount == 0 { await Task.yield() }
                _ = clock.advanceToNextDeadline()
            }
            group.cancelAll()
        }
        let found = sweeps.withLock { $0 }
        #expect(found.count == 3)
        #expect(found[0] - .origin == Limits.Vault.clockPatience)
        #expect(found[1] - found[0] == Limits.Vault.sweepInterval)
        #expect(vault.count == 0)
    }

    @Test func `a conversation more than maximumMaps is refused, and what is known goes on`() async throws {
        let tenant = try VaultGround.tenant()
        let (first, secret) = try ground.open()
        let map = try VaultGround.map(mails, secret: secret)
        try await first.store(map.record, tenant: tenant, session: "trip")
        for index in 1..<Limits.Vault.maximumMaps {
            close(creat("\(ground.folder)/\(index).map", 0o600))
        }
        let (vault, _) = try ground.open()
        #expect(vault.count == Limits.Vault.maximumMaps)
        try await vault.store(map.record, tenant: tenant, session: "trip")
        await #expect(throws: PrivacyError(.vaultFull, "")) {
            try await vault.store(map.record, tenant: tenant, session: "home")
        }
        try await vault.remove(tenant: tenant, session: "trip")
        try await vault.store(map.record, tenant: tenant, session: "home")
    }

    @Test func `many conversations at once go over the lanes, and a lane refuses beyond maximumWaiting`() async throws {
        let tenant = try VaultGround.tenant()
        // Opening makes a file too, and is not held up.
        let (held, release) = (Lock(false), Lock(true))
        let (vault, secret) = try ground.open { step throws(VaultError) in
            guard step == .drafted, !release.withLock({ $0 }) else { return }
            held.withLock { $0 = true }
            while !release.withLock({ $0 }) { usleep(100) }
        }
        let map = try VaultGround.map(mails, secret: secret)
        let record = map.record
        release.withLock { $0 = false }
        let refused = await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await vault.store(record, tenant: tenant, session: "trip")) == nil }
            while !held.withLock({ $0 }) { await Task.yield() }
            for _ in 0..<Limits.Vault.maximumWaiting + 1 {
                group.addTask { (try? await vault.load(tenant: tenant, session: "trip")) == nil }
            }
            // Nothing of this lane comes to its end now but the refusal.
            let first = await group.next()
            release.withLock { $0 = true }
            return await group.reduce(into: [first == true]) { $0.append($1) }
        }
        #expect(refused.count { $0 } == 1)
        #expect(Limits.Vault.lanes > 1)
    }

    /// What `body` throws.
    private func failure(_ body: () async throws(PrivacyError) -> Void) async -> PrivacyError? {
        do throws(PrivacyError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}
