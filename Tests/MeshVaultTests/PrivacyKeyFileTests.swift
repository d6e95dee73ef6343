import Foundation
import MeshCore
import MeshVault
import Testing

@Suite struct `The file of the privacy key` {
    private let ground: VaultGround

    init() throws { ground = try VaultGround() }

    private func bytes(_ key: TokenKey?) -> [UInt8]? { key?.withBytes { Array($0) } }

    @Test func `it is made once, for its owner alone, and read again`() throws {
        #expect(try PrivacyKeyFile.read(ground.key) == nil)
        let made = try PrivacyKeyFile.make(ground.key)
        #expect(bytes(try PrivacyKeyFile.read(ground.key)) == bytes(made))
        let mode = try FileManager.default.attributesOfItem(atPath: ground.key)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: ground.path) == ["data.privacy-key"])
        #expect(throws: VaultError.self) { _ = try PrivacyKeyFile.make(ground.key) }
        #expect(bytes(try PrivacyKeyFile.read(ground.key)) == bytes(made), "it is never replaced")
        let other = try PrivacyKeyFile.make("\(ground.path)/other")
        #expect(bytes(other) != bytes(made))
    }

    @Test func `one that others can read is refused, with what to do`() throws {
        _ = try PrivacyKeyFile.make(ground.key)
        chmod(ground.key, 0o640)
        let error = #expect(throws: VaultError.self) { _ = try PrivacyKeyFile.read(ground.key) }
        #expect(error?.code == .exposed)
        #expect(error?.message.contains("chmod 600 '\(ground.key)'") == true)
    }

    @Test(arguments: [
        "", "\n", "meshnode-privacy-key-1 ", "meshnode-privacy-key-1 AAAA\n", "meshnode-privacy-key-2 ",
        "-----BEGIN PRIVATE KEY-----\n",
    ])
    func `what is no key is refused, and not said`(content: String) throws {
        try Data(content.utf8).write(to: URL(filePath: ground.key))
        chmod(ground.key, 0o600)
        let error = #expect(throws: VaultError.self) { _ = try PrivacyKeyFile.read(ground.key) }
        #expect(error?.code == .malformedKey)
        #expect(error?.message.contains("AAAA") == false)
    }

    @Test func `every longer or shorter line is refused`() throws {
        _ = try PrivacyKeyFile.make(ground.key)
        let line = Array(try Data(contentsOf: URL(filePath: ground.key)))
        for changed in [Array(line.dropLast(2)), line + line, line.dropLast() + Array("A\n".utf8)] {
            try Data(changed).write(to: URL(filePath: ground.key))
            chmod(ground.key, 0o600)
            #expect(throws: VaultError(.malformedKey, "")) { _ = try PrivacyKeyFile.read(ground.key) }
        }
    }

    @Test func `a folder or a pipe in its place is refused and waits for nobody`() throws {
        mkdir(ground.key, 0o700)
        #expect(throws: VaultError(.malformedKey, "")) { _ = try PrivacyKeyFile.read(ground.key) }
        rmdir(ground.key)
        mkfifo(ground.key, 0o600)
        #expect(throws: VaultError(.malformedKey, "")) { _ = try PrivacyKeyFile.read(ground.key) }
    }
}
