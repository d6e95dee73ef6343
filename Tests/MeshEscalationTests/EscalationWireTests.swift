import MeshChat
import MeshCore
import MeshEscalation
import MeshSessions
import MeshTestKit
import MeshWire
import Testing

@Suite struct `An escalation frame` {
    private func opening(offset: UInt64 = 0, question: SampleQuestion? = wholeQuestion()) -> SampleOpening {
        SampleOpening(
            run: run(7),
            offset: offset,
            answer: offset == 0 ? nil : 77,
            timeLeft: .seconds(30),
            ask: question.map { .question($0) }
        )
    }

    @Test func `has these bytes`() {
        // docs/protocol.md, section 11: they stay as they are.
        let small = opening(question: SampleQuestion(SampleTunnelText("Why?"), maximumTokens: 64))
        #expect(
            Hexadecimal.encode(small.wireBytes)
                == "85" + "50" + "00000000000000078000000000000000" + "00" + "f6" + "197530"
                + "8200" + "89" + "645768793f" + "80" + "f6" + "80" + "80" + "f6" + "1840" + "f6" + "f6"
        )
        #expect(
            WireDescription.text(of: opening().wireBytes) == """
                [h'00000000000000078000000000000000', 0, null, 30000, [0, ["Where does PERSON_Q7K4M2 live?", \
                [[0, "Hello"], [1, "Hi"]], "A letter to a friend", [["notes.md", "PERSON_Q7K4M2 has moved to Rome."], \
                [null, "Rome is in Italy."]], ["Be brief", "No guesses\\nand no lists"], "opus", 256, "letters", \
                "style-7"]]]
                """
        )
        #expect(
            WireDescription.text(of: opening(offset: 99, question: nil).wireBytes)
                == "[h'00000000000000078000000000000000', 99, 77, 30000, null]"
        )
    }

    @Test func `is read as it was written, and fits its frame`() throws {
        var whole = opening()
        whole.trace = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8)
        #expect(whole.trace != nil)
        var (named, traced) = (opening(), whole)
        named.digest = SHA256.digest(Array("as it came".utf8))
        traced.digest = named.digest
        var late = wholeQuestion()
        late.earlierTurns = 6
        for value in [whole, opening(), opening(offset: 5, question: nil), named, traced, opening(question: late)] {
            #expect(try SampleOpening(wireBytes: value.wireBytes) == value)
        }
        #expect(named.askDigest == named.digest && whole.askDigest == whole.ask?.digest)
        #expect(opening(offset: 5, question: nil).askDigest == nil)
        var largest = wholeQuestion()
        let room = Limits.Escalation.maximumTextBytes - largest.textBytes
        let piece = Limits.Sessions.maximumKnowledgeBytes * Limits.Escalation.redactionGrowth
        largest.knowledge += (0..<room / piece).map { _ in
            .init(text: SampleTunnelText(String(repeating: "x", count: piece)))
        }
        try largest.check(growth: Limits.Escalation.redactionGrowth)
        var writer = WireWriter()
        try writer.writeFrame(.escalation, opening(question: largest))
        #expect(writer.bytes.byteCount < Limits.Frame.maximumPayloadBytes)
    }

    @Test func `that breaks a bound is refused by the hub, as the edge would`() throws {
        func refused(_ change: (inout SampleQuestion) -> Void) {
            var question = wholeQuestion()
            change(&question)
            let bytes = opening(question: question).wireBytes
            let error = #expect(throws: WireError.self) { try SampleOpening(wireBytes: bytes) }
            #expect(error?.code == .invalidValue || error?.code == .tooManyElements)
        }
        refused { $0.query = SampleTunnelText("") }
        refused { $0.maximumTokens = 0 }
        refused { $0.maximumTokens = Limits.Escalation.maximumTokens + 1 }
        refused { $0.model = "a model" }
        refused {
            $0.constraints = Array(repeating: SampleTunnelText("c"), count: Limits.Sessions.maximumConstraints + 1)
        }
        refused { $0.history = Array(repeating: $0.history[0], count: Limits.Escalation.maximumTurns + 1) }
        let growth = Limits.Escalation.redactionGrowth
        refused {
            $0.query = SampleTunnelText(String(repeating: "x", count: Limits.Escalation.maximumQueryBytes * growth + 1))
        }
        let asksAgain = opening(offset: 3).wireBytes
        #expect(throws: WireError.self) { try SampleOpening(wireBytes: asksAgain) }
        let nobodys = SampleOpening(run: run(7), offset: 3, ask: nil).wireBytes
        #expect(throws: WireError.self) { try SampleOpening(wireBytes: nobodys) }
        let behind = opening(offset: Limits.ByteStream.maximumLength + 1, question: nil).wireBytes
        #expect(throws: WireError.self) { try SampleOpening(wireBytes: behind) }
    }

    @Test func `carries a whole chat as it is`() throws {
        let chat = wholeChat()
        let value = SampleOpening(run: run(7), offset: 0, ask: .chat(SampleTunnelChat(receivedThroughTunnel: chat)))
        let read = try SampleOpening(wireBytes: value.wireBytes)
        #expect(read == value && read.ask?.digest == value.ask?.digest)
        guard case .chat(let carried)? = read.ask else {
            Issue.record("another sort of ask")
            return
        }
        #expect(carried.request == chat)
        var other = chat
        other.messages[0].parts[0] = .text("something else")
        #expect(SampleAsk.chat(SampleTunnelChat(receivedThroughTunnel: other)).digest != value.ask?.digest)
    }

    @Test func `a chat beyond a bound is refused`() throws {
        func refused(_ change: (inout ChatRequest) -> Void) {
            var chat = wholeChat()
            change(&chat)
            #expect(throws: WireError.self) { try ChatBytes(wireBytes: ChatBytes(chat).wireBytes) }
        }
        refused {
            $0.messages = Array(repeating: ChatMessage(.user, "x"), count: Limits.Escalation.maximumMessages + 1)
        }
        refused { $0.messages[0].parts = Array(repeating: .text("x"), count: Limits.Escalation.maximumParts + 1) }
        refused { $0.tools = Array(repeating: ChatTool(name: "t"), count: Limits.Escalation.maximumTools + 1) }
        refused { $0.stopSequences = Array(repeating: "x", count: Limits.Escalation.maximumStopSequences + 1) }
        refused { $0.model = String(repeating: "m", count: Limits.Escalation.maximumModelBytes + 1) }
        _ = try ChatBytes(wireBytes: ChatBytes(wholeChat()).wireBytes)
    }

    @Test func `names no time beyond the longest`() throws {
        var value = opening()
        value.timeLeft = .seconds(1_000_000)
        let read = try SampleOpening(wireBytes: value.wireBytes)
        #expect(read.timeLeft == Limits.Escalation.longestPatience)
    }
}

@Suite struct `An answer as bytes` {
    private let items: [AnswerItem] = [
        .opened(77), .event(.started(ChatStart(id: "a", model: "m"))), .event(.thinking("hm")),
        .event(.thinkingSigned("s")),
        .event(.thinkingSealed("z")), .event(.text("Rö")), .event(.toolUseStarted(id: "i", name: "n")),
        .event(.toolUseArguments("{}")), .event(.toolUseEnded), .event(.usage(.sample)),
        .ended(AnswerEnd(reason: .stopSequence("."), usage: .sample, cost: Money(nanodollars: 10_815_000))),
    ]

    private func bytes(_ items: [AnswerItem]) -> [UInt8] { items.flatMap(\.streamBytes) }

    @Test func `has these bytes`() {
        #expect(
            Hexadecimal.encode(bytes(items))
                == "44820b184d" + "4683006161616d" + "45820262686d" + "4482036173" + "448204617a" + "4682016352c3b6"
                + "4683056169616e" + "458206627b7d" + "428107" + "4b8208870c000000182200f4"
                + "5484098202612e870c000000182200f41a00a50618"
        )
    }

    @Test func `is read however it is cut`() throws {
        let stream = bytes(items)
        for size in 1...stream.count {
            var decoder = AnswerDecoder()
            var read: [AnswerItem] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                read += try decoder.take(Array(stream[start..<min(start + size, stream.count)]))
            }
            #expect(read == items && decoder.pendingBytes == 0)
        }
    }

    @Test(arguments: [
        StopReason.endOfTurn, .maximumTokens, .stopSequence(nil), .stopSequence("x"), .toolUse, .refusal, .contextFull,
        .paused,
    ])
    func `says why it is over`(_ reason: StopReason) throws {
        let item = AnswerItem.ended(AnswerEnd(reason: reason, usage: ChatUsage(isEstimated: true)))
        #expect(try AnswerItem(wireBytes: item.wireBytes) == item)
    }

    @Test func `says what went wrong in the classes of a chat's errors`() throws {
        let failure = EscalationFailure(
            .refused,
            "no",
            field: "messages[0]",
            retryAfter: .seconds(3),
            chat: .rateLimited
        )
        let read = try AnswerItem(wireBytes: AnswerItem.failed(failure).wireBytes)
        #expect(read == .failed(failure))
        // A number that a newer hub says counts as a failure upstream.
        let newer = WireWriter.bytes { writer in
            writer.writeArrayHead(count: 5)
            writer.write(UInt64(10))
            writer.write(UInt64(99))
            writer.write("?")
            writer.writeNil()
            writer.writeNil()
        }
        #expect(try AnswerItem(wireBytes: newer) == .failed(EscalationFailure(.refused, "?", chat: .upstreamFailed)))
    }

    @Test func `says what was charged, and why nobody pays`() throws {
        let charge = CallCharge(
            upstream: Money(nanodollars: 10_500_000),
            total: Money(nanodollars: 10_815_000),
            knowledge: Money(nanodollars: 1),
            granted: Money(nanodollars: 2),
            paid: Money(nanodollars: 3),
            metered: Money(nanodollars: 10_814_994)
        )
        let end = AnswerItem.ended(AnswerEnd(reason: .endOfTurn, usage: .sample, cost: charge.total, charge: charge))
        #expect(try AnswerItem(wireBytes: end.wireBytes) == end)
        #expect(
            WireDescription.text(of: end.wireBytes)
                == "[9, [0, null], [12, 0, 0, 0, 34, 0, false], 10815000, [10500000, 10815000, 1, 2, 3, 10814994]]"
        )
        for reason in CreditRefusal.Reason.allCases {
            let credit = CreditRefusal(reason, needed: charge.total, available: .zero, topUpURL: "https://pay.example")
            let failure = EscalationFailure(ChatError(.paymentRequired, "no", cause: ChatFailure(credit: credit)))
            let item = AnswerItem.failed(failure)
            let readItem = try AnswerItem(wireBytes: item.wireBytes)
            #expect(failure.credit == credit && readItem == item)
            let queued = QueuedAnswer(failure)
            let kept = try QueuedAnswer(wireBytes: queued.wireBytes)
            #expect(kept == queued && queued.credit == credit)
        }
        let whole = QueuedAnswer(text: "a", model: "m", usage: .sample, cost: charge.total, charge: charge)
        #expect(try QueuedAnswer(wireBytes: whole.wireBytes) == whole)
        // An edge cuts what a hub says of an address; the hub's own bound is the same.
        let long = CreditRefusal(.ceiling, topUpURL: String(repeating: "u", count: Limits.Chat.maximumURLBytes + 1))
        #expect(long.topUpURL?.utf8.count == Limits.Chat.maximumURLBytes)
    }

    @Test func `long words become several items, and none is cut in the middle of a character`() throws {
        let text = String(repeating: "ä", count: Limits.Escalation.wordBytes)
        let items = AnswerItem.items(for: .text(text))
        #expect(items.count == 2)
        let words = items.map { if case .event(.text(let words)) = $0 { words } else { "" } }
        #expect(words.joined() == text && words.allSatisfy { $0.utf8.count <= Limits.Escalation.wordBytes })
        #expect(AnswerItem.items(for: .text("")).isEmpty && AnswerItem.items(for: .ended(.endOfTurn)).isEmpty)
    }

    @Test(arguments: [
        "01", "5f", "5b", "61" + "61", "4100", "40", "428101", "43820160", "44820b" + "6161", "42" + "810b",
        "5a" + "00100001", "5b" + "ffffffffffffffff", "4d8208870c000000182200f4" + "00",
    ])
    func `that breaks the rules is an error, never a trap`(_ hexadecimal: String) throws {
        var decoder = AnswerDecoder()
        let bytes = try #require(Hexadecimal.decode(hexadecimal))
        let outcome = Result { () throws(EscalationFailure) in try decoder.take(bytes + [0xFF, 0xFF]) }
        if case .success(let items) = outcome { #expect(items.isEmpty && hexadecimal == "5b") }
        if case .failure(let failure) = outcome { #expect(failure.code == .answerMalformed) }
    }

    @Test func `ends with its end`() throws {
        let end = AnswerItem.ended(AnswerEnd(reason: .endOfTurn, usage: .sample)).streamBytes
        var decoder = AnswerDecoder()
        #expect(throws: EscalationFailure.self) { try decoder.take(end + [0x40]) }
        var second = AnswerDecoder()
        #expect(try second.take(end).count == 1)
        #expect(throws: EscalationFailure.self) { try second.take([0x40]) }
    }

    @Test func `an item has a bounded number of bytes`() throws {
        let longest = Limits.Escalation.maximumItemBytes
        var decoder = AnswerDecoder()
        // A seal cannot be cut in several.
        let item = AnswerItem.event(.thinkingSealed(String(repeating: "z", count: longest - 7)))
        #expect(item.wireBytes.count == longest)
        #expect(try decoder.take(item.streamBytes) == [item])
        let longer = AnswerItem.event(.thinkingSealed(String(repeating: "z", count: longest - 6)))
        #expect(throws: EscalationFailure.self) { try decoder.take(longer.streamBytes) }
    }

    @Test func `says what of the question did not fit, where something did not`() throws {
        let plain = AnswerChoice(model: "m", engine: "e", reason: "r", dropped: [])
        let short = AnswerChoice(model: "m", engine: "e", reason: "r", dropped: [], leftOut: LeftOut(knowledge: 1))
        for choice in [plain, short] {
            #expect(try AnswerItem(wireBytes: AnswerItem.chosen(choice).wireBytes) == .chosen(choice))
        }
        #expect(WireDescription.text(of: AnswerItem.chosen(plain).wireBytes) == #"[12, "m", "e", "r", []]"#)
        #expect(WireDescription.text(of: AnswerItem.chosen(short).wireBytes) == #"[12, "m", "e", "r", [], [1, 0]]"#)
    }
}

@Suite struct `The receipts of an edge` {
    @Test func `are read however they are cut, the newest of them`() throws {
        let stream = ([0, 5, 300, 1 << 40] as [UInt64]).flatMap { AnswerReceipt.streamBytes(of: $0) }
        #expect(Hexadecimal.encode(stream) == "428100" + "428105" + "448119012c" + "4a811b0000010000000000")
        for size in 1...stream.count {
            var decoder = ReceiptDecoder()
            var newest: UInt64?
            for start in stride(from: 0, to: stream.count, by: size) {
                newest = try decoder.take(Array(stream[start..<min(start + size, stream.count)])) ?? newest
            }
            #expect(newest == 1 << 40)
        }
    }

    @Test(arguments: ["00", "40", "4180", "428120", "43810000", "5821"]) func `that are none are an error`(
        _ text: String
    ) {
        var decoder = ReceiptDecoder()
        #expect(throws: EscalationFailure.self) { try decoder.take(Hexadecimal.decode(text) ?? []) }
        #expect(Limits.Escalation.maximumReceiptBytes == 0x20)
    }
}
