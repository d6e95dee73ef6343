import MeshCommandLine
import Testing

/// Values are tested through an option of their type, as users meet them.
struct ValueTests {
    /// What a command prints for `--value WORD`, or nil if the word is refused.
    private func read<Value: CommandLineValue>(
        _ word: String,
        as syntax: ValueSyntax<Value> = Value.commandLineSyntax
    ) async -> Value? {
        let option = Option<[Value]>("value", as: syntax, "A value.")
        let received = Received<Value>()
        let command = Command("read", summary: "Read a value.", parameters: [option]) { invocation in
            await received.set(invocation[option])
            return .success
        }
        _ = await Transcript.of(Program(command, version: "1"), arguments: ["--value=\(word)"])
        return await received.values.first
    }

    private actor Received<Value: Sendable> {
        var values: [Value] = []

        func set(_ values: [Value]) {
            self.values = values
        }
    }

    @Test
    func `whole numbers fit their type`() async {
        #expect(await read("-42") == Int?(-42))
        #expect(await read("9223372036854775807") == Int64?(.max))
        #expect(await read("9223372036854775808") == Int?.none)
        #expect(await read("18446744073709551615") == UInt64?(.max))
        #expect(await read("-1") == UInt64?.none)
        #expect(await read("65535") == UInt16?(65_535))
        #expect(await read("65536") == UInt16?.none)
        for word in ["", "1.0", "1e3", "0x10", "1_000", " 1", "one"] {
            #expect(await read(word) == Int?.none, "\(word)")
        }
    }

    @Test
    func `a range keeps its ends and nothing beyond`() async {
        #expect(await read("1", as: .within(1...3)) == Int?(1))
        #expect(await read("3", as: .within(1...3)) == Int?(3))
        #expect(await read("0", as: .within(1...3)) == Int?.none)
        #expect(await read("4", as: .within(1...3)) == Int?.none)
        #expect(await read("7", as: .atLeast(7)) == UInt32?(7))
        #expect(await read("6", as: .atLeast(7)) == UInt32?.none)
        #expect(await read("999ms", as: .atLeast(.seconds(1))) == Duration?.none)
        #expect(await read("1s", as: .within(.seconds(1) ... .seconds(2))) == Duration?(.seconds(1)))
    }

    @Test
    func `durations are a number and a unit`() async {
        #expect(await read("250ms") == Duration?(.milliseconds(250)))
        #expect(await read("30s") == Duration?(.seconds(30)))
        #expect(await read("5m") == Duration?(.seconds(300)))
        #expect(await read("24h") == Duration?(.seconds(86_400)))
        #expect(await read("0s") == Duration?(.zero))
        for word in ["", "5", "s", "-5s", "+5s", "5 s", "1.5s", "5S", "5days", "9223372036854775807h"] {
            #expect(await read(word) == Duration?.none, "\(word)")
        }
    }

    @Test func `a lifetime has a unit, up to days`() async {
        #expect(await read("90d") == Lifetime?(Lifetime(seconds: 7_776_000)))
        #expect(await read("24h") == Lifetime?(Lifetime(seconds: 86_400)))
        #expect(await read("30m") == Lifetime?(Lifetime(seconds: 1_800)))
        #expect(await read("45s") == Lifetime?(Lifetime(seconds: 45)))
        for word in ["", "90", "d", "1y", "1.5d", "-1d", "1 d", "99999999999999999d", "250ms"] {
            #expect(await read(word) == Lifetime?.none, "\(word)")
        }
        #expect(Lifetime(seconds: 60).duration == .seconds(60))
    }

    @Test
    func `byte counts tell units of 1000 from units of 1024`() async {
        #expect(await read("512B") == ByteCount?(ByteCount(bytes: 512)))
        #expect(await read("64KiB") == ByteCount?(ByteCount(bytes: 65_536)))
        #expect(await read("10MB") == ByteCount?(ByteCount(bytes: 10_000_000)))
        #expect(await read("2TiB") == ByteCount?(ByteCount(bytes: 2_199_023_255_552)))
        for word in ["", "64", "KiB", "64kib", "-1B", "9000000000TB"] {
            #expect(await read(word) == ByteCount?.none, "\(word)")
        }
    }

    @Test
    func `floating-point numbers are finite`() async {
        #expect(await read("-0.25") == Double?(-0.25))
        for word in ["", "nan", "inf", "1e999", "half"] {
            #expect(await read(word) == Double?.none, "\(word)")
        }
    }

    @Test
    func `words are taken as they are listed`() async {
        #expect(await read("true") == Bool?(true))
        #expect(await read("yes") == Bool?.none)
        #expect(await read("moss") == Garden.Plant?(.moss))
        #expect(await read("Moss") == Garden.Plant?.none)
        #expect(await read("b", as: .oneOf(["a", "b"])) == String?("b"))
        #expect(await read("c", as: .oneOf(["a", "b"])) == String?.none)
        #expect(await read("", as: .file) == String?.none)
        #expect(await read("") == String?(""))
    }

    @Test
    func `a default is shown in the largest unit that measures it`() async {
        let parameters: [any ParameterKey] = [
            Option<Duration>("a", default: .seconds(7200), "."),
            Option<Duration>("b", default: .milliseconds(1500), "."),
            Option<Duration>("c", default: .zero, "."), Option<ByteCount>("d", default: ByteCount(bytes: 65_536), "."),
            Option<ByteCount>("e", default: ByteCount(bytes: 5000), "."), Option<String>("f", default: "", "."),
        ]
        let command = Command("read", summary: "Read.", parameters: parameters) { _ in .success }
        let help = await Transcript.of(Program(command, version: "1"), "--help").output
        for shown in ["2h", "1500ms", "0ms", "64KiB", "5KB", "''"] {
            #expect(help.contains("(default: \(shown))"))
        }
    }

    @Test
    func `words that are only checked are given as they were typed, and grouped in the help`() async {
        let count = Option<[String]>("count", checkedAs: Int.commandLineSyntax, defaultText: "3", group: "well", ".")
        let tools = Option<[String]>("tool", checkedAs: .file, isRepeatable: true, ".")
        let command = Command("read", summary: "Read.", parameters: [count, tools]) { invocation in
            try invocation.terminal.writeLine("\(invocation[count]) \(invocation[tools])")
            return .success
        }
        let program = Program(command, version: "1")
        #expect(await Transcript.of(program, "--count 07 --tool a --tool b").output == "[\"07\"] [\"a\", \"b\"]\n")
        #expect(await Transcript.of(program, "").output == "[] []\n")
        #expect(await Transcript.of(program, "--count x").code == .usage)
        #expect(await Transcript.of(program, "--count 1 --count 2").code == .usage)
        let help = await Transcript.of(program, "--help").output
        #expect(help.contains("\nWELL OPTIONS\n  --count N  . (default: 3)\n"))
    }
}
