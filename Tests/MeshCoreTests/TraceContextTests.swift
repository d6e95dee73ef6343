import MeshCore
import MeshTestKit
import Testing

@Suite struct `A trace` {
    private static let sample = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func read(_ text: String) -> TraceContext? { TraceContext(traceparent: text.utf8) }

    @Test func `reads as W3C spells it, and is written the same`() throws {
        let trace = try #require(read(Self.sample))
        #expect(trace.high == 0x0AF7_6519_16CD_43DD)
        #expect(trace.low == 0x8448_EB21_1C80_319C)
        #expect(trace.span == 0xB7AD_6B71_6920_3331)
        #expect(trace.isSampled)
        #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.traceparent == Self.sample)
        #expect(try #require(read(String(Self.sample.dropLast()) + "0")).isSampled == false)
    }

    @Test(arguments: [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", "03"),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fc", "00"),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", "01"),
        ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-is-to-come", "01"),
        ("fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02-", "00"),
    ])
    func `of a version to come, or with flags to come, is read as far as it is known`(text: String, flags: String) {
        #expect(read(text)?.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)")
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-010",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        "0A-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319cb7ad6b7169203331--01",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-.1",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        "00-0af7651916cd43dd8448eb211c80319é-b7ad6b7169203331-0",
    ])
    func `is none where the text breaks a rule`(text: String) { #expect(read(text) == nil) }

    @Test func `cut anywhere, or with any byte changed to what is no digit, is none`() {
        let bytes = Array(Self.sample.utf8)
        for index in bytes.indices {
            #expect(TraceContext(traceparent: bytes[..<index]) == nil)
            var changed = bytes
            changed[index] = 0x7A
            #expect(TraceContext(traceparent: changed) == nil)
        }
    }

    @Test func `that is new has the number of its request, is not sampled, and goes on under other spans`() throws {
        var generator = SeededGenerator(seed: 1)
        let id = UniqueID(at: VirtualClock.firstWallTime, using: &generator)
        let trace = TraceContext(id, using: &generator)
        #expect(trace.traceID == id.description.replacing("-", with: ""))
        #expect(!trace.isSampled)
        #expect(read(trace.traceparent) == trace)
        let child = trace.child(using: &generator)
        #expect(child.traceID == trace.traceID)
        #expect(child.span != trace.span)
        #expect(TraceContext(UniqueID(high: 0, low: 0), using: &generator).low != 0)
        #expect(TraceContext(high: 0, low: 0, span: 1, flags: 0) == nil)
        #expect(TraceContext(high: 0, low: 1, span: 0, flags: 0) == nil)
    }

    @Test func `stands in every record of its task and of the task's children, and in no other`() async throws {
        let sink = VolatileLogSink()
        let opened = LogEvent("door.opened")
        let visitor = LogField(LogKey("visitor"), .text("ann"))
        let logger = Logger(sink: sink, clock: VirtualClock(), minimumLevel: .info).with(visitor)
        let trace = try #require(read(Self.sample))
        logger.log(.info, opened)
        await TraceContext.$current.withValue(trace) {
            logger.log(.info, opened, [visitor])
            await withTaskGroup(of: Void.self) { group in group.addTask { logger.log(.info, opened) } }
            await Task.detached { logger.log(.info, opened) }.value
        }
        let field = LogField(.trace, .text("0af7651916cd43dd8448eb211c80319c"))
        #expect(sink.records.map(\.fields) == [[visitor], [visitor, field, visitor], [visitor, field], [visitor]])
        let line = LogFormat.json.line(for: sink.records[2])
        #expect(line.hasSuffix(#""visitor":"ann","trace":"0af7651916cd43dd8448eb211c80319c"}"#))
    }
}
