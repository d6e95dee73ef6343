internal import MeshCore
internal import MeshLedger

/// What became of telling whoever bills, for those who run a hub: a line for what waits for people, and counts.
package final class MeterBook: Sendable {
    /// How often what has happened to meter events since the hub started.
    package struct Counts: Hashable, Sendable {
        /// Taken by whoever bills.
        package internal(set) var delivered = UInt64(0)
        /// Refused: usage that is not billed until people have looked.
        package internal(set) var refused = UInt64(0)
        /// Sent again because somebody has said so.
        package internal(set) var retried = UInt64(0)
        /// Closed by hand.
        package internal(set) var closed = UInt64(0)
        /// Reports of Stripe's that it does not bill what it had taken: each may be of many events.
        package internal(set) var reported = UInt64(0)
    }

    private let state = Lock(Counts())
    private let logger: Logger?

    /// A book that writes lines to `logger`, where there is one.
    init(logger: Logger?) { self.logger = logger }

    /// The counts so far.
    package var counts: Counts { state.withLock { $0 } }

    /// `event` of `account` ended as `outcome`.
    func ended(_ event: MeterEvent, of account: String, as outcome: MeterOutcome) {
        switch outcome {
        case .delivered: state.withLock { $0.delivered += 1 }
        case .refused(let word):
            state.withLock { $0.refused += 1 }
            log(.error, .meterRefused, event, account, [LogField(.reason, .text(word))])
        }
    }

    /// Somebody has `event` sent again; `isMissing` where they say that whoever bills does not have it.
    func retried(_ event: MeterEvent, of account: String, isMissing: Bool) {
        state.withLock { $0.retried += 1 }
        let reason = isMissing ? "an operator has looked for it in vain" : "an operator has asked for it"
        log(.info, .meterRetried, event, account, [LogField(.reason, .text(reason))])
    }

    /// Somebody has closed `event`, which was counted after all or is billed by hand; why stands in the journal.
    func closed(_ event: MeterEvent, of account: String, isCounted: Bool) {
        state.withLock { $0.closed += 1 }
        let reason = isCounted ? "an operator has found it counted" : "an operator bills it by hand"
        let amount = LogField(.amount, .text(event.amount.decimalText))
        log(.info, .meterClosed, event, account, [amount, LogField(.reason, .text(reason))])
    }

    /// Stripe has said that it does not bill what it had taken; of whom, it does not say.
    func reported() { state.withLock { $0.reported += 1 } }

    private func log(
        _ level: LogLevel,
        _ line: LogEvent,
        _ event: MeterEvent,
        _ account: String,
        _ fields: [LogField]
    ) {
        let names = [LogField(.account, .text(account)), LogField(.meterEvent, .text(event.identifier))]
        logger?.log(level, line, names + fields)
    }
}

extension LogEvent {
    static let meterRefused = LogEvent("stripe.meter-refused")
    static let meterRetried = LogEvent("stripe.meter-retried")
    static let meterClosed = LogEvent("stripe.meter-closed")
}

extension LogKey {
    static let amount = LogKey("amount")
    static let meterEvent = LogKey("meter_event")
}
