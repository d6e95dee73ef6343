import Glibc
import MeshCore
import MeshJSON
import MeshNode
import MeshTestKit
import Testing

private let noon = WallTime(millisecondsSince1970: 1_795_262_400_000)

@Suite struct `A zip file` {
    @Test func `has the checksums of zip, which are not those of the store`() {
        #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.of([]) == 0)
        var checksum = CRC32()
        for piece in ["123", "", "456789"] { checksum.update(Array(piece.utf8)) }
        #expect(checksum.value == 0xCBF4_3926)
        #expect(CRC32.of([UInt8](repeating: 0, count: 32)) == 0x190A_55AD)
    }

    @Test func `is what other programs read`() throws {
        var archive = ZipArchive(made: noon)
        for (name, text) in [("manifest.json", "{}"), ("node/grüße.txt", "zwei"), ("empty", "")] {
            let isTaken = archive.append(name, Array(text.utf8))
            #expect(isTaken)
        }
        let scratch = Scratch()
        let path = "\(scratch.path)/some.zip"
        try DiagnosisFile.create(path, archive.bytes)
        let script = """
            import sys, zipfile
            file = zipfile.ZipFile(sys.argv[1])
            assert file.testzip() is None
            assert file.namelist() == ["manifest.json", "node/grüße.txt", "empty"], file.namelist()
            assert file.read("node/grüße.txt") == b"zwei"
            entry = file.infolist()[0]
            assert entry.date_time == (2026, 11, 21, 12, 0, 0), entry.date_time
            assert entry.external_attr >> 16 == 0o100600
            """
        #expect(try run("python3", "-c", script, path) == 0)
    }

    @Test func `takes no more than its bounds, and no name twice`() {
        var archive = ZipArchive(made: noon)
        let large = [UInt8](repeating: 0, count: Limits.Diagnosis.maximumBytes)
        let taken = [archive.append("a", [1]), archive.append("a", [2]), archive.append("large", large)]
        #expect(taken == [true, false, false])
        for number in 1...Limits.Diagnosis.maximumEntries { _ = archive.append("\(number)", []) }
        #expect(archive.count == Limits.Diagnosis.maximumEntries)
    }

    @Test func `is its owner's alone, and takes nobody's place`() throws {
        let scratch = Scratch()
        let path = "\(scratch.path)/some.zip"
        try DiagnosisFile.create(path, [1, 2, 3])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_size == 3)
        let exists = #expect(throws: DiagnosisError.self) { try DiagnosisFile.create(path, [4]) }
        #expect(exists?.code == .exists)
        let nowhere = #expect(throws: DiagnosisError.self) { try DiagnosisFile.create("/nowhere/some.zip", [4]) }
        #expect(nowhere?.code == .unwritable)
        #expect(RepositoryFile.bytes(path) == [1, 2, 3])
        #expect(RepositoryFile.names(in: scratch.path) == ["some.zip"])
    }
}

@Suite struct `A redactor` {
    private let redactor = DiagnosisScrubber(user: "mieke", host: "laptop", home: "/users/mieke")

    @Test(
        arguments: [
            ("node.ready node=edge-1 address=127.0.0.1:7411", "node.ready node=edge-1 address=127.0.0.1:7411"),
            ("read /users/mieke/hub/ca.pem by mieke@laptop", "read ~/hub/ca.pem by (user)@(host)"),
            ("laptops of miekes stay", "laptops of miekes stay"),
            ("password=hunter2, then", "password=(removed), then"),
            (#"{"api_key": "sk-12", "n": 1}"#, #"{"api_key": "(removed)", "n": 1}"#),
            ("Authorization: Bearer abc def", "Authorization: (removed)"),
            ("run --token abc", "run --token (removed)"),
            ("a new enrolment token is needed", "a new enrolment token is needed"),
            ("took mesh1-AbCd", "took (removed)"),
            ("key MC4CAQAwBQYDK2VwBCIEIBx9Z2K0/ab+cd9Z2K0Z2K0=", "key (removed)"),
            ("sha 0123456789abcdef0123456789abcdef", "sha (removed)"),
            (
                "/var/lib/meshnode/hub-1/v12/some-very-long-name-of-a-file",
                "/var/lib/meshnode/hub-1/v12/some-very-long-name-of-a-file"
            ),
            ("mesh_beats_received_total 17", "mesh_beats_received_total 17"),
        ]
    )
    func `takes out what is secret, and leaves the rest`(text: String, expected: String) {
        #expect(redactor.reduced(text) == expected)
    }

    @Test func `takes out blocks of PEM, whole or cut short`() {
        let text = "before\n-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\nafter"
        #expect(redactor.reduced(text) == "before\n(a block of PEM was here)\nafter")
        #expect(redactor.reduced("x\n-----BEGIN EC PRIVATE KEY-----\nabc") == "x\n(a block of PEM was here)")
    }

    @Test func `comes to an end with whatever it is given`() {
        for text in [
            "", "\n", "token", "token=", "password='", "password=\"\\", "bearer ", String(repeating: "=", count: 99),
        ] {
            #expect(redactor.reduced(text).count <= text.count + 64)
        }
    }
}

@Suite struct `A diagnosis` {
    private func diagnosis(_ parts: [Diagnosis.Part]) -> Diagnosis {
        Diagnosis(parts, made: noon, redactor: DiagnosisScrubber(user: "mieke", host: nil, home: nil))
    }

    @Test func `begins with a manifest of what it holds, and of what it does not`() throws {
        let large = String(repeating: "x", count: Limits.Diagnosis.maximumPartBytes + 1)
        let (bytes, held) = diagnosis([
            Diagnosis.Part("a.txt", "First.", text: "of mieke"),
            Diagnosis.Part("b.txt", "Second.", missing: "mieke may not"),
            Diagnosis.Part("c.txt", "Third.", text: large),
        ]).archive()
        #expect(held.map(\.name) == ["a.txt"])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.dropFirst(30).hasPrefix("manifest.json"))
        #expect(!text.contains("mieke"))
        for words in [#""reason": "(user) may not""#, #""reason": "it is too large""#, #""about": "First.""#] {
            #expect(text.contains(words), "\(words)")
        }
    }

    @Test func `lists a folder so far and so deep`() throws {
        let scratch = Scratch()
        var deep = scratch.path
        for level in 0...Limits.Diagnosis.folderDepth {
            deep += "/\(level)"
            try #require(mkdir(deep, 0o700) == 0)
        }
        let nested = FolderListing.json(of: scratch.path)
        #expect(nested["files"]?.array?.count == Limits.Diagnosis.folderDepth)
        #expect(nested["whole"] == .bool(false))
        let wide = Scratch()
        for number in 0...Limits.Diagnosis.maximumFiles { try OpenSSL.write("", to: "\(wide.path)/\(number)") }
        let listed = FolderListing.json(of: wide.path)
        #expect(listed["files"]?.array?.count == Limits.Diagnosis.maximumFiles)
        #expect(listed["whole"] == .bool(false))
    }
}

/// The status with which a program ends.
private func run(_ words: String...) throws -> Int32 {
    var process: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    try #require(posix_spawnp(&process, words[0], nil, nil, &arguments, environ) == 0)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return status
}
