import Foundation
import MeshCore
import MeshPrivacy
import MeshTestKit
import MeshVault

/// A folder that goes with the test, with a vault and its key in it.
final class VaultGround: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/vault-\(UUID().uuidString)"
        guard mkdir(path, 0o700) == 0 else { throw VaultError(.unusable, "no folder for a test") }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var folder: String { "\(path)/maps" }
    var key: String { "\(path)/data.privacy-key" }

    func open(
        step: @escaping @Sendable (VaultStep) throws(VaultError) -> Void = { _ in }
    ) throws(VaultError) -> (vault: FileVault, secret: TokenKey) {
        try FileVault.open(folder, keyAt: key, step: step)
    }

    /// The files of conversations that end like this, without the folder.
    func files(_ mark: String = ".map") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(mark) }.sorted()
    }

    func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))) }

    func write(_ bytes: [UInt8], to file: String) throws {
        try Data(bytes).write(to: URL(filePath: "\(folder)/\(file)"))
    }

    // MARK: Maps

    static func tenant() throws -> TenantID { try TenantID("main") }

    /// A map of `session` with these addresses of mail in it.
    static func map(
        _ mails: [String],
        session: String = "trip",
        secret: TokenKey,
        now: WallTime = WallTime(millisecondsSince1970: 1_000)
    ) throws -> PlaceholderMap {
        let key = PlaceholderKey(secret: secret, tenant: try tenant(), session: session)
        var map = PlaceholderMap(key: key, now: now)
        for mail in mails { _ = try Redactor().redact("Write to \(mail)", with: &map) }
        return map
    }

    /// How many placeholders the vault has for `session`; nil where it has no map.
    static func count(_ vault: FileVault, session: String = "trip", secret: TokenKey) async throws -> Int? {
        guard let record = try await vault.load(tenant: tenant(), session: session) else { return nil }
        let key = PlaceholderKey(secret: secret, tenant: try tenant(), session: session)
        return try PlaceholderMap(record, key: key).count
    }
}
