import Glibc
import MeshCommandLine
import MeshCore
import MeshNode
import Testing

@Suite struct `The folder of a node` {
    private let scratch = Scratch()
    private var path: String { "\(scratch.path)/node" }

    private func write(_ text: String, to name: String) throws {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        fputs(text, file)
        fclose(file)
    }

    private func refusal(_ role: NodeRole = .hub) -> NodeFolderErrorCode? {
        do throws(NodeFolderError) {
            _ = try NodeFolder.take(path, for: role)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `is made for its owner alone, and is the same the next time`() throws {
        #expect(try NodeFolder.take(path, for: .hub).isMade)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(try !NodeFolder.take(path, for: .hub).isMade)
    }

    @Test func `has one holder, until that lets it go`() throws {
        var holder: NodeFolder? = try NodeFolder.take(path, for: .edge)
        #expect(refusal(.edge) == .busy)
        withExtendedLifetime(holder) {}
        holder = nil
        #expect(refusal(.edge) == nil)
    }

    @Test func `is refused to another role and by another version`() throws {
        _ = try NodeFolder.take(path, for: .hub)
        #expect(refusal(.edge) == .otherVersion)
        for text in ["meshnode hub 2", "meshnode hub 0", "meshnode hub", "", "other hub 1", "meshnode hub x"] {
            try write(text, to: "format")
            #expect(refusal() == .otherVersion, "\(text)")
        }
        try write("meshnode hub \(NodeFolder.version)\n", to: "format")
        #expect(refusal() == nil)
    }

    @Test func `is refused where others may write to it or read a key`() throws {
        _ = try NodeFolder.take(path, for: .hub)
        #expect(chmod(path, 0o770) == 0)
        #expect(refusal() == .exposed)
        #expect(chmod(path, 0o755) == 0)
        #expect(refusal() == nil)
        try write("key", to: "hub-key.pem")
        #expect(chmod("\(path)/hub-key.pem", 0o640) == 0)
        #expect(refusal() == .exposed)
    }

    @Test func `loses what was left over before its time, and nothing else`() throws {
        let folder = try NodeFolder.take(path, for: .edge)
        let names = [
            "pending-00ff.pem", "pending-return.pem", "node.pem.new-7", "node.pem.next-7", "node.pem", "my.news",
        ]
        for name in names { try write("x", to: name) }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        func left(after age: Duration) -> [String] {
            let seconds = Int64(time.tv_sec) + age.components.seconds
            folder.removeLeftovers(now: WallTime(millisecondsSince1970: seconds * 1_000))
            return names.filter { access("\(path)/\($0)", F_OK) == 0 }
        }
        #expect(left(after: Limits.Process.leftoverAge - .seconds(60)) == names)
        #expect(
            left(after: Limits.Process.leftoverAge + .seconds(60)) == ["pending-return.pem", "node.pem", "my.news"]
        )
    }
}

@Suite struct `The code with which a node ends` {
    @Test func `is another for each sort of reason`() {
        #expect(Set(NodeExit.allCases.map(\.meaning)).count == NodeExit.allCases.count)
        let found = [
            NodeExit(StartError(.address, "")), NodeExit(StartError(.clock, "")), NodeExit(NodeFolderError(.busy, "")),
            NodeExit(NodeFolderError(.otherVersion, "")), NodeExit(NodeFolderError(.wrongOwner, "")),
            NodeExit(CertificateError(.expired, "")), NodeExit(CertificateError(.notYetValid, "")),
            NodeExit(CancellationError()),
        ]
        #expect(found == [.address, .clock, .busy, .version, .folder, .certificates, .clock, .failed])
    }

    @Test func `is in the page of help`() {
        let shown = NodeExit.meanings.map { NodeExit(rawValue: $0.key.rawValue) }
        #expect(Set(shown.compactMap { $0 }) == Set(NodeExit.allCases).subtracting([.failed, .usage]))
    }

    @Test func `is ended after the patience of hubs and a margin that a manager waits for`() throws {
        // scripts/meshnode-hub.service gives a stop 20 seconds: the default patience, this margin, and a little.
        #expect(Limits.Process.endMargin + .seconds(10) < .seconds(20))
    }
}
