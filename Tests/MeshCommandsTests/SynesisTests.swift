import MeshAPI
import MeshCommandLine
import MeshCommands
import MeshCore
import Testing

/// What the program says without any gateway; with one, Tests/ProcessTests/test_synesis.py asks it.
@Suite(.timeLimit(.minutes(1))) struct `The command synesis` {
    private struct Said: Sendable {
        var code = ExitCode.success
        var output = ""
        var error = ""
    }

    private static func run(_ words: [String], variables: [String: String] = [:]) async -> Said {
        let said = Lock(Said())
        let terminal = Terminal(
            isInteractive: false,
            width: 80,
            output: { text throws(TerminalError) in said.withLock { $0.output += text } },
            error: { text throws(TerminalError) in said.withLock { $0.error += text } }
        )
        let ground = CommandGround(
            variable: { variables[$0] },
            file: { _, _ in nil },
            ownFolder: { nil },
            askSecretly: { _ in nil }
        )
        let program = Program(SynesisCommand.command(ground), version: SynesisCommand.version)
        let code = await program.run(arguments: words, terminal: terminal)
        return said.withLock { said in
            said.code = code
            return said
        }
    }

    @Test func `is declared soundly`() {
        #expect(
            SynesisCommand.command(.ofThisProcess(variables: [:]) { [UInt8](repeating: 0, count: $0) })
                .declarationFaults.isEmpty
        )
    }

    @Test(arguments: [
        ["status"], ["nodes"], ["node", "show", "edge-1"], ["node", "ping", "edge-1"], ["node", "renew", "edge-1"],
        ["node", "drain", "edge-1"], ["doctor"], ["ask", "x"], ["ask", "--async", "x"], ["ask", "--fetch", "x"],
        ["models"], ["sessions"], ["sessions", "show", "x"], ["sessions", "delete", "x"], ["sessions", "export", "x"],
        ["usage"], ["usage", "--csv"], ["balance"], ["topup", "25"],
    ])
    func `ends with one sentence and code 3 where nobody answers`(words: [String]) async {
        // Port 1 is nobody's.
        let said = await Self.run(words + ["--gateway", "http://127.0.0.1:1"])
        #expect(said.code == SynesisExit.notReached)
        #expect(said.output.isEmpty)
        let command = words.prefix(words[0] == "node" || words.count > 1 && words[0] == "sessions" ? 2 : 1).joined(
            separator: " "
        )
        #expect(said.error.hasPrefix("synesis \(command): error: "))
        #expect(said.error.contains("no gateway answers at http://127.0.0.1:1"))
        #expect(said.error.count { $0 == "\n" } == 1)
    }

    @Test func `takes its gateway from the environment, and says where a wrong one stands`() async {
        let wrong = await Self.run(["status"], variables: ["SYNESIS_GATEWAY": "ftp://nowhere"])
        #expect(wrong.code == SynesisExit.notReached && wrong.error.contains("SYNESIS_GATEWAY says 'ftp://nowhere'"))
        let told = await Self.run(["status"], variables: ["SYNESIS_GATEWAY": "127.0.0.1:1"])
        #expect(told.error.contains("no gateway answers at http://127.0.0.1:1"))
        let flag = await Self.run(["status", "--gateway", "[::1]:1"], variables: ["SYNESIS_GATEWAY": "127.0.0.1:1"])
        #expect(flag.error.contains("no gateway answers at http://[::1]:1"))
    }

    @Test(arguments: [
        (["stats"], "unknown command 'stats'; did you mean 'status'?"),
        (["node", "shwo", "x"], "unknown command 'shwo'; did you mean 'show'?"),
        (["nodes", "--lable", "a=b"], "did you mean '--label'?"), (["nodes", "--label", "a"], "such as site=berlin"),
        (["nodes", "--sort", "laod"], "did you mean 'load'?"), (["node", "ping", "EDGE"], "the name of an edge"),
        (["node", "ping", "edge-1", "--count", "\(Limits.Commands.maximumPings + 1)"], "from 1 to"),
        (["status", "--gateway", "http://a/b"], "where a gateway is"), (["login", "--hub", "h"], "nobody is there"),
        (["login", "to ken", "--hub", "h"], "no enrolment token"),
        (["ask", "--model", "a b", "x"], "model_preference"),
        (["ask", "--max-tokens", "0", "x"], "from 1 to"), (["ask", "--sesion", "x"], "did you mean '--session'?"),
        (["ask"], "query"), (["ask", "--context", "nowhere", "x"], "'nowhere' (--context) cannot be read"),
        (["chat", "--constraint", ""], "context.constraints[0]"), (["sessions", "shwo"], "did you mean 'show'?"),
        (["sessions", "delete"], "missing 'ID'"), (["redact", "nowhere"], "'nowhere' cannot be read"),
        (["redact", "--block", "emial"], "did you mean 'email'?"), (["redact", "--term", "…"], "--term: term 1"),
        (
            ["login", String(repeating: "x", count: Limits.Commands.maximumTokenBytes + 1), "--hub", "h"],
            "no enrolment"
        ),
        (["usage", "--by", "dya"], "did you mean 'day'?"), (["usage", "--period", "2026"], "a month such as 2026-11"),
        (["usage", "--account", "A"], "the name of a tenant"), (["topup"], "missing 'AMOUNT'"),
        (["topup", "1e3"], "above nothing in whole cents"), (["topup", "0.001"], "in whole cents"),
        (["topup", "0"], "dollars above nothing"), (["topup", "-5"], "dollars above nothing"),
        (["ledger", "set-tier", "manged"], "did you mean 'managed'?"),
        (["ledger", "add-credit", "five"], "dollars above nothing"),
        (["ledger", "add-credit", "-5"], "dollars above nothing"), (["ledger", "refund"], "missing 'CALL'"),
        (["ledger", "correct", "--amount=-1"], "missing '--note"),
        (["ledger", "correct", "--amount=0", "--note", "n"], "dollars"),
        (["ledger", "record", "m", "--input", "-1"], "--input"),
        (["ledger", "record", "m", "--date", "x"], "a day such"),
        (["ledger", "suspend", "--reason", "ceiling"], "operator | payment"), (["ledger", "flsh"], "'flush'?"),
        (["ledger", "retry-event"], "missing 'EVENT'"), (["ledger", "retry-event", "a b"], "without spaces"),
        (["ledger", "close-event", "e"], "missing '--note"),
    ])
    func `says what was probably meant, and does nothing`(words: [String], sentence: String) async {
        let said = await Self.run(words)
        #expect(said.code == .usage && said.output.isEmpty)
        #expect(said.error.contains(sentence), "\(said.error)")
    }

    @Test func `says when the authority cannot be read`() async {
        let said = await Self.run(["status", "--gateway", "https://127.0.0.1:1", "--ca", "nowhere.pem"])
        #expect(said.code == SynesisExit.notReached && said.error.contains("'nowhere.pem'"))
        #expect(Limits.Commands.maximumAuthorityBytes == 1_024 * 1_024)
    }

    @Test func `tells its own version where no gateway answers`() async {
        let said = await Self.run(["version", "--gateway", "127.0.0.1:1"])
        #expect(said.code == .success)
        #expect(said.output == "synesis  \(MeshSoftware.version)\ngateway  none answers\n")
        let json = await Self.run(["version", "--json", "--gateway", "127.0.0.1:1"])
        #expect(json.output.contains("\"software\": \"synesis/\(MeshSoftware.version)\""))
    }

    @Test func `has a page of help with examples and codes for every command`() async {
        let commands = [
            ["status"], ["nodes"], ["node", "show"], ["node", "ping"], ["node", "renew"], ["node", "drain"], ["doctor"],
            ["login"], ["version"], ["completions"], ["ask"], ["chat"], ["models"], ["redact"], ["sessions"],
            ["sessions", "list"], ["sessions", "show"], ["sessions", "clear"], ["sessions", "delete"],
            ["sessions", "export"], ["usage"], ["balance"], ["topup"], ["ledger", "record"], ["ledger", "add-credit"],
            ["ledger", "refund"], ["ledger", "correct"], ["ledger", "payment"], ["ledger", "set-tier"],
            ["ledger", "suspend"], ["ledger", "resume"], ["ledger", "flush"], ["ledger", "verify"],
            ["ledger", "accounts"], ["ledger", "outbox"],
            ["ledger", "retry-event"], ["ledger", "close-event"],
        ]
        for words in commands {
            let said = await Self.run(words + ["--help"])
            #expect(said.code == .success)
            for part in ["USAGE", "EXAMPLES", "EXIT CODES", "SHARED OPTIONS", "--gateway URL"] {
                #expect(said.output.contains(part), "\(words): \(part)")
            }
            #expect(said.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(words)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completes its words`(shell: String) async {
        let said = await Self.run(["completions", shell])
        #expect(said.code == .success)
        for word in [
            "status", "nodes", "ping", "gateway", "sort", "doctor", "ask", "knowledge", "export", "block", "usage",
            "topup",
        ] {
            #expect(said.output.contains(word))
        }
    }

    @Test func `is bounded`() {
        #expect(Limits.Commands.maximumPages * Limits.API.nodesPerPage >= 100_000)
        #expect(Limits.Commands.probeTimeout < Limits.Commands.answerTimeout)
        #expect(Limits.Commands.drainLookInterval < Limits.Commands.drainMargin)
    }
}

@Suite struct `The place of a gateway` {
    @Test(arguments: [
        ("http://127.0.0.1:7413", "http://127.0.0.1:7413"), ("127.0.0.1:7413", "http://127.0.0.1:7413"),
        ("hub-1.example.org:7413/", "http://hub-1.example.org:7413"), ("https://hub", "https://hub:443"),
        ("[::1]:80", "http://[::1]:80"),
    ])
    func `is what people write`(text: String, place: String) {
        #expect(GatewayPlace(text)?.description == place)
    }

    @Test(arguments: [
        "", "ftp://hub", "http://", "http://user:secret@hub", "http://hub/v1", "hub:99999", "http://hub?x=1",
    ])
    func `is nothing else`(text: String) {
        #expect(GatewayPlace(text) == nil)
    }

    @Test(arguments: [
        ("https://hub", true), ("http://127.0.0.1:1", true), ("http://[::1]:1", true), ("localhost:1", true),
        ("http://hub", false), ("http://192.0.2.1:1", false), ("http://[2001:db8::1]:1", false),
        ("http://localhost.example.org", false),
    ])
    func `is told a key where nobody on the way reads it`(text: String, keepsSecrets: Bool) {
        #expect(GatewayPlace(text)?.keepsSecrets == keepsSecrets)
    }

    @Test func `is an edge's first where nobody says anything, and a hub's for what hubs alone know`() {
        let (edge, hub) = ("http://127.0.0.1:8787", "http://127.0.0.1:7413")
        #expect(GatewayPlace.usual(needsHub: false).map(\.description) == [edge, hub])
        #expect(GatewayPlace.usual(needsHub: true).map(\.description) == [hub, edge])
    }
}
