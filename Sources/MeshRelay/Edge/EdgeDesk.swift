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
        /// Asks the hub which models there are, or for the one of a name, and waits until the deadline at most.
        package let askModels: @Sendable (_ name: String?, _ deadline: Instant) async throws -> ModelList
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
            askModels: @escaping @Sendable (_ name: String?, _ deadline: Instant) async throws -> ModelList
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
    /// Runs that are asked now: two streams of one would take it from each other.
    private let asked = Lock<Set<UniqueID>>([])

    /// A desk of `parts`.
    package init(_ parts: Parts, clock: any Clock, generator: SeededGenerator) {
        self.parts = parts
        self.clock = clock
        self.generator = Lock(generator)
    }

    /// The hub's answer to `ask` as it comes through the tunnel; not asked yet.
    ///
    /// Throws `conflict` where the run is under way.
    func tunnelAnswer(
        to ask: RelayAsk,
        as run: UniqueID,
        digest: SHA256Digest? = nil,
        deadline: Instant? = nil,
        isFetchedAgain: Bool = false
    ) throws(EscalationFailure) -> TunnelAnswer {
        guard asked.withLock({ $0.insert(run).inserted }) else {
            throw EscalationFailure(.conflict, "the request is being answered already", field: "request_id")
        }
        return TunnelAnswer(
            to: ask,
            run: run,
            digest: digest,
            over: parts.opener,
            deadline: deadline ?? clock.now + Limits.Escalation.patience,
            isFetchedAgain: isFetchedAgain,
            clock: clock,
            generator: generator.withLock { $0.split() }
        ) { [weak self] in _ = self?.asked.withLock { $0.remove(run) } }
    }

    /// The hub's answer to `ask`, begun; `keeper` has it before its last event is handed over, and
    /// then `whenWhole` is called.
    func answer(
        to ask: RelayAsk,
        as run: UniqueID,
        digest: SHA256Digest? = nil,
        _ redacted: (map: PlaceholderMap, report: RedactionReport),
        promptTokens: Int,
        deadline: Instant,
        keeper: AnswerKeeper? = nil,
        whenWhole: (@Sendable () async -> Void)? = nil
    ) async throws(EscalationFailure) -> RestoredAnswer {
        let answer = try tunnelAnswer(to: ask, as: run, digest: digest, deadline: deadline)
        let restored = RestoredAnswer(
            answer,
            restoredBy: redacted.map,
            in: ask.format,
            found: redacted.report,
            promptTokens: promptTokens,
            keeper: keeper,
            whenWhole: whenWhole,
            countedBy: parts.tally,
            for: parts.tenant
        )
        try await restored.begin()
        return restored
    }
}

// MARK: - Chats

extension EdgeDesk: ChatPort {
    /// Has the hub answer what of a chat may leave.
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
        // An edge that knows that it has no hub does not wait for one.
        guard parts.opener.isConnected, let list = try? await parts.askModels(nil, now + Limits.Relay.modelPatience)
        else {
            return known.withLock { $0.models }
        }
        return known.withLock { known in
            (known.models, known.until) = (list.models, clock.now + Limits.Relay.modelsFor)
            return list.models
        }
    }

    /// The model called `name`, or what that is another name of at the hub.
    package func model(named name: String) async -> ModelDescription? {
        if let known = await models().first(where: { $0.name == name }) { return known }
        // It may be another name of one; a name that holds personal data is asked of nobody.
        guard parts.opener.isConnected,
            let redacted = try? await parts.maps.redact(name, field: "model", in: .stateless, of: parts.tenant),
            redacted.content.text == name
        else { return nil }
        return try? await parts.askModels(name, clock.now + Limits.Relay.modelPatience).models.first
    }
}

extension RelayAsk {
    /// In which an answer was asked for: it must be that still when its originals are back.
    fileprivate var format: ResponseFormat {
        switch self {
        case .question: .text
        case .chat(let chat): chat.request.format
        }
    }
}
