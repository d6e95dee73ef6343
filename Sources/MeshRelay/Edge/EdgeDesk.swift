package import MeshChat
package import MeshCore
internal import MeshEscalation
package import MeshGateway
internal import MeshPrivacy
package import MeshTunnel

/// Where the applications of an edge ask: takes the personal data out, has the hub answer, and puts it back.
///
/// Callable from any task.
package final class EdgeDesk: Sendable {
    /// What it works with.
    package struct Parts: Sendable {
        /// The privacy proxy.
        package let maps: ConversationMaps
        /// The way to the hub.
        package let opener: any AnswerChannelOpener
        /// Asks the hub which models there are, or for the one of a name.
        package let askModels: @Sendable (_ name: String?) async throws -> ModelList
        /// Counts what applications use.
        package let tally: UsageTally
        /// On whose behalf, by the edge's certificate.
        package let tenant: TenantID

        /// These parts.
        package init(
            maps: ConversationMaps,
            opener: any AnswerChannelOpener,
            tally: UsageTally,
            tenant: TenantID,
            askModels: @escaping @Sendable (_ name: String?) async throws -> ModelList
        ) {
            self.maps = maps
            self.opener = opener
            self.tally = tally
            self.tenant = tenant
            self.askModels = askModels
        }
    }

    private struct Known {
        var models: [ModelDescription] = []
        var until: Instant?
    }

    let parts: Parts
    let clock: any Clock
    private let generator: Lock<SeededGenerator>
    private let known = Lock(Known())

    /// A desk of `parts`.
    package init(_ parts: Parts, clock: any Clock, generator: SeededGenerator) {
        self.parts = parts
        self.clock = clock
        self.generator = Lock(generator)
    }

    /// The hub's answer to `ask` as it comes through the tunnel; not asked yet.
    func tunnelAnswer(
        to ask: RelayAsk,
        as run: UniqueID,
        deadline: Instant? = nil,
        isFetchedAgain: Bool = false
    ) -> TunnelAnswer {
        TunnelAnswer(
            to: ask,
            run: run,
            over: parts.opener,
            deadline: deadline ?? clock.now + Limits.Escalation.patience,
            isFetchedAgain: isFetchedAgain,
            clock: clock,
            generator: generator.withLock { $0.split() }
        )
    }

    /// The hub's answer to `ask`, begun; `keeper` has it before its last event is handed over.
    func answer(
        to ask: RelayAsk,
        as run: UniqueID,
        _ redacted: (map: PlaceholderMap, report: RedactionReport),
        promptTokens: Int,
        deadline: Instant,
        keeper: AnswerKeeper? = nil
    ) async throws(EscalationFailure) -> RestoredAnswer {
        let answer = tunnelAnswer(to: ask, as: run, deadline: deadline)
        let restored = RestoredAnswer(
            answer,
            restoredBy: redacted.map,
            found: redacted.report,
            promptTokens: promptTokens,
            keeper: keeper,
            countedBy: parts.tally,
            for: parts.tenant
        )
        try await restored.begin()
        return restored
    }
}

// MARK: - Chats

extension EdgeDesk: ChatPort {
    package func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        let redacted = try await parts.maps.redact(call.request, in: .stateless, of: parts.tenant)
        do throws(EscalationFailure) {
            return try await answer(
                to: .chat(redacted.content),
                as: call.id,
                (redacted.map, redacted.report),
                promptTokens: TokenEstimate.likely(of: call.request),
                deadline: call.deadline
            )
        } catch {
            throw ChatError(error)
        }
    }

    /// What the hub has said of its models; where it cannot be asked, what it said last.
    package func models() async -> [ModelDescription] {
        let now = clock.now
        let kept = known.withLock { known in known.until.map { now < $0 } == true ? known.models : nil }
        if let kept { return kept }
        guard let list = try? await parts.askModels(nil) else { return known.withLock { $0.models } }
        return known.withLock { known in
            (known.models, known.until) = (list.models, clock.now + Limits.Relay.modelsFor)
            return list.models
        }
    }

    package func model(named name: String) async -> ModelDescription? {
        if let known = await models().first(where: { $0.name == name }) { return known }
        // It may be another name of one.
        return try? await parts.askModels(name).models.first
    }
}
