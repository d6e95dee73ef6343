import Foundation
import MeshActors
import MeshCore
import MeshTestKit
import MeshWire
import Testing

/// One entry of a file in `Tests/Vectors`.
struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let type: String
    let hex: String
    /// What the value is written as again; only in `foreign.json`.
    let canonical: String?
    /// The code of the refusal; only in `foreign.json`.
    let refusal: String?

    var testDescription: String { name }

    func bytes() throws -> [UInt8] { try #require(Hexadecimal.decode(hex)) }

    static func load(_ file: String) throws -> [Vector] {
        let bytes = try #require(RepositoryFile.bytes("Tests/Vectors/\(file)"), "Tests/Vectors/\(file) is missing")
        return try JSONDecoder().decode([Vector].self, from: Data(bytes))
    }
}

/// The types by the names that the files use: each reads bytes and writes what it read.
enum VectorType: String, CaseIterable {
    case unsigned, signed, truth, number, text, bytes, numbers, map, transfer, hello, error, stream
    case optionalText = "optional-text"
    case call, reply, cancel
    case streamOpen = "stream-open"
    case streamChunk = "stream-chunk"
    case streamEnd = "stream-end"
    case goAway = "go-away"

    func rewrite(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
        switch self {
        case .unsigned: try UInt64(wireBytes: bytes).wireBytes
        case .signed: try Int64(wireBytes: bytes).wireBytes
        case .truth: try Bool(wireBytes: bytes).wireBytes
        case .number: try Double(wireBytes: bytes).wireBytes
        case .text: try String(wireBytes: bytes).wireBytes
        case .optionalText: try String?(wireBytes: bytes).wireBytes
        case .bytes: try ByteString(wireBytes: bytes).wireBytes
        case .numbers: try [Double](wireBytes: bytes).wireBytes
        case .map: try [String: [UInt64]](wireBytes: bytes).wireBytes
        case .transfer: try SampleTransfer(wireBytes: bytes).wireBytes
        case .hello: try Hello(wireBytes: bytes).wireBytes
        case .error: try ErrorFrame(wireBytes: bytes).wireBytes
        case .stream: try rewriteFrames(bytes)
        case .call: try ActorCall(payload: bytes).rewritten
        case .reply: try ActorReply(payload: bytes).rewritten
        case .cancel: try Cancel(wireBytes: bytes).wireBytes
        case .streamOpen: try StreamOpen(wireBytes: bytes).wireBytes
        case .streamChunk: try StreamChunk(wireBytes: bytes).wireBytes
        case .streamEnd: try StreamEnd(wireBytes: bytes).wireBytes
        case .goAway: try GoAway(wireBytes: bytes).wireBytes
        }
    }

    private func rewriteFrames(_ bytes: [UInt8]) throws(WireError) -> [UInt8] {
        var writer = WireWriter()
        for frame in try FrameDecoder.frames(of: bytes) { try writer.writeFrame(frame.type, payload: frame.payload) }
        return writer.array
    }
}

/// A byte string as a value of its own.
struct ByteString: WireCodable, Hashable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func encode(into writer: inout WireWriter) { writer.write(bytes: bytes) }

    init(from reader: inout WireReader) throws(WireError) { bytes = try reader.readBytes() }
}

extension FrameDecoder {
    /// The frames of a stream that holds nothing else.
    static func frames(of bytes: [UInt8]) throws(WireError) -> [Frame] {
        var decoder = FrameDecoder()
        var frames: [Frame] = []
        var offset = 0
        while let frame = try decoder.next(in: bytes.span.bytes, from: &offset) { frames.append(frame) }
        guard decoder.isBetweenFrames else { throw WireError(.truncated, "the stream ends inside a frame") }
        return frames
    }
}

extension ActorCall {
    /// What it is written as again.
    var rewritten: [UInt8] { ActorCall.payload(head, ItemsAsTheyAre(body.bytes)) ?? [] }
}

extension ActorReply {
    /// What it is written as again.
    var rewritten: [UInt8] {
        switch self {
        case .value(let body): ActorReply.payload(value: ItemsAsTheyAre(body.bytes))
        case .refusal(let body): ActorReply.payload(refusal: ItemsAsTheyAre(body.bytes))
        case .other(let obstacle): obstacle.payload
        }
    }
}

/// The fields of a command or an answer, written as they came.
struct ItemsAsTheyAre: WireCodable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Nobody reads it: a body is opaque here.
    init(from reader: inout WireReader) throws(WireError) { throw WireError(.invalidValue, "opaque") }

    func encode(into writer: inout WireWriter) { writer.write(encoded: bytes) }
}
