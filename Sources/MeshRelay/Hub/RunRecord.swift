internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshGateway

/// Writes one line for each answer that an edge was given, or refused, when it is over; never a word of it.
final class RunRecord: Sendable {
    private struct State {
        var run: (any ChatRun)?
        var firstWord: Duration?
        var isWritten = false
    }

    private let name: RunName
    private let tenant: TenantID
    private let trace: TraceContext?
    private let began: Instant
    private let clock: any Clock
    private let logger: Logger?
    private let state = Lock(State())

    init(_ name: RunName, tenant: TenantID, trace: TraceContext?, clock: any Clock, logger: Logger?) {
        self.name = name
        self.tenant = tenant
        self.trace = trace
        self.clock = clock
        self.logger = logger
        began = clock.now
    }

    /// An answer has begun.
    func begin(_ run: any ChatRun) {
        let elapsed = clock.now - began
        state.withLock { ($0.run, $0.firstWord) = (run, elapsed) }
    }

    /// Nobody answers.
    func refused(_ code: ChatErrorCode) { write(code.rawValue) }

    /// It is settled.
    func end(_ settlement: RunSettlement) {
        switch settlement {
        case .void: write("nothing")
        case .book(let end, _): write(end.rawValue)
        }
    }

    private func write(_ outcome: String) {
        let (run, firstWord, isFirst) = state.withLock { state in
            defer { (state.isWritten, state.run) = (true, nil) }
            return (state.run, state.firstWord, !state.isWritten)
        }
        guard isFirst, let logger else { return }
        var fields = [
            LogField(.call, .text("\(name.call)")), LogField(.run, .text("\(name.run)")),
            LogField(.tenant, .text(tenant.text)), LogField(.peer, .text(name.edge.text)),
            LogField(.outcome, .text(outcome)),
            LogField(.elapsed, .duration(clock.now - began)),
        ]
        if let firstWord { fields.append(LogField(.firstWord, .duration(firstWord))) }
        if let run {
            let usage = run.usageSoFar
            fields += [
                LogField(.model, .text(run.model)), LogField(.engine, .text(run.engine)),
                LogField(.promptTokens, .integer(Int64(usage.promptTokens))),
                LogField(.outputTokens, .integer(Int64(usage.outputTokens))),
            ]
        }
        TraceContext.$current.withValue(trace) { logger.log(.info, .answeredEdge, fields) }
    }
}

extension LogEvent {
    /// What an edge has asked is over.
    static let answeredEdge = LogEvent("chat.answered-edge")
}

extension LogKey {
    static let call = LogKey("call")
    static let run = LogKey("run")
    static let peer = LogKey("peer")
    static let outcome = LogKey("outcome")
    static let firstWord = LogKey("first_word")
    static let model = LogKey("model")
    static let engine = LogKey("engine")
    static let promptTokens = LogKey("prompt_tokens")
    static let outputTokens = LogKey("output_tokens")
}
