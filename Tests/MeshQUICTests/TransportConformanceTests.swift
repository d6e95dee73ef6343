import MeshActors
import MeshCore
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct TransportConformanceTests {
    @Test(arguments: TransportConformance.allCases)
    func `An edge that asks a hub finds the transport's contract kept`(law: TransportConformance) async throws {
        try await QUICPair.with { pair in
            try await law.check(
                TransportsUnderTest(
                    client: pair.edge,
                    pair.edgeNode,
                    server: pair.hub,
                    pair.hubNode,
                    clock: pair.clock
                )
            )
        }
    }

    @Test(arguments: TransportConformance.allCases)
    func `A hub that asks an edge finds the transport's contract kept`(law: TransportConformance) async throws {
        try await QUICPair.with { pair in
            try await law.check(
                TransportsUnderTest(
                    client: pair.hub,
                    pair.hubNode,
                    server: pair.edge,
                    pair.edgeNode,
                    clock: pair.clock
                )
            )
        }
    }
}
