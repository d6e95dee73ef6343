import MeshCore
import Testing

@Suite struct `The shape of errors` {
    private enum KitchenErrorCode: String, ErrorCode {
        static let domain = "kitchen"
        case burnt, spilt
    }

    private typealias KitchenError = MeshError<KitchenErrorCode>

    private struct Foreign: Error, CustomStringConvertible {
        let description = "the oven said no"
    }

    @Test func `equality is equality of codes`() {
        #expect(KitchenError(.burnt, "black") == KitchenError(.burnt, "very black"))
        #expect(KitchenError(.burnt, "black") != KitchenError(.spilt, "black"))
    }

    @Test func `one line for people`() {
        #expect(KitchenError(.burnt, "the cake is black").description == "kitchen.burnt: the cake is black")
    }

    @Test func `the chain shows each cause and its place`() {
        let inner = KitchenError(.burnt, "the cake is black", cause: Foreign())
        let outer = CoreError(.malformedIdentifier, "no guests", cause: inner, fileID: "House/Party.swift", line: 7)
        let lines = outer.chain.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "core.malformedIdentifier: no guests (House/Party.swift:7)")
        #expect(lines[1].hasPrefix("  caused by kitchen.burnt: the cake is black (MeshCoreTests/ErrorTests.swift:"))
        #expect(lines[2] == "  caused by the oven said no")
    }

    @Test func `it costs one word where it is thrown`() {
        #expect(MemoryLayout<KitchenError>.size == MemoryLayout<UnsafeRawPointer>.size)
    }
}
