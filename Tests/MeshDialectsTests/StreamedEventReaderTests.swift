import MeshChat
import MeshCore
import MeshDialects
import Testing

@Suite("Streams of events as they come in")
struct StreamedEventReaderTests {
    private func events(of pieces: [[UInt8]]) throws -> [StreamedEvent] {
        var reader = StreamedEventReader()
        var events: [StreamedEvent] = []
        for piece in pieces {
            reader.feed(piece)
            while let event = try reader.next() { events.append(event) }
        }
        if let last = try reader.atEnd() { events.append(last) }
        return events
    }

    private let stream =
        Array(
            "\u{FEFF}: hello\r\nevent: one\r\ndata: {\"a\":\r\ndata:\"é🦊\"}\r\n\r\nid: 7\rretry: 3\rdata\r\r\n\n"
                .utf8
        ) + Array("event: two\ndata: x\n\nevent: never\n\ndata: last".utf8)

    @Test("Fields, comments, line ends of three kinds, and an end without an empty line are read")
    func whole() throws {
        let events = try events(of: [stream])
        #expect(events.map(\.name) == ["one", nil, "two", nil])
        #expect(events.map(\.text) == ["{\"a\":\n\"é🦊\"}", "", "x", "last"])
    }

    @Test("Every cut of a stream in two, and every size of its pieces, gives the same events")
    func cuts() throws {
        let whole = try events(of: [stream])
        for cut in 0...stream.count {
            #expect(try events(of: [Array(stream[..<cut]), Array(stream[cut...])]) == whole)
        }
        for size in 1...stream.count {
            let pieces = stride(from: 0, to: stream.count, by: size).map {
                Array(stream[$0..<min($0 + size, stream.count)])
            }
            #expect(try events(of: pieces) == whole)
        }
    }

    @Test("An event longer than allowed ends the stream, in one line or in many")
    func tooLong() throws {
        var reader = StreamedEventReader()
        reader.feed(Array("data: ".utf8) + [UInt8](repeating: 0x78, count: Limits.Dialects.maximumEventBytes))
        #expect(throws: ChatError(.upstreamMalformed, "")) { _ = try reader.next() }

        var other = StreamedEventReader()
        let line = Array("data: ".utf8) + [UInt8](repeating: 0x78, count: 1_048_570) + [0x0A]
        var taken = 0
        #expect(throws: ChatError(.upstreamMalformed, "")) {
            while taken < 2 * Limits.Dialects.maximumEventBytes {
                other.feed(line)
                let event = try other.next()
                #expect(event == nil)
                taken += line.count
            }
        }
        #expect(taken < Limits.Dialects.maximumEventBytes + line.count)
    }
}
