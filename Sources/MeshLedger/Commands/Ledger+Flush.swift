package import MeshActors
internal import MeshCore
package import MeshWire

extension Ledger {
    /// Has Stripe told of what is unflushed, now; replies with the meter event, or nothing where nothing can be told.
    package struct Flush: Command, LedgerEmpty {
        package typealias Target = Ledger
        package typealias Reply = MeterEvent?
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 14

        /// The only one.
        package init() {}

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> MeterEvent? {
            var decision = LedgerDecision(state, now: turn.wallTime)
            return decision.flush(force: true, &turn)
        }
    }

    /// What became of a meter event: the completion of the effect.
    package struct EndFlush: Command {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 15
        /// The event.
        package let identifier: String
        /// What became of it.
        package let outcome: MeterOutcome

        /// The event `identifier` ended so.
        package init(_ identifier: String, _ outcome: MeterOutcome) {
            self.identifier = identifier
            self.outcome =
                switch outcome {
                case .delivered: .delivered
                // Somebody else's word, which is read again as long as a name is.
                case .refused(let word): .refused(word.cut(toBytes: Limits.Ledger.maximumNameBytes))
                }
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Done {
            guard let entry = state.outbox.first(where: { $0.event.identifier == identifier }) else { return Done() }
            if case .refused(let word) = outcome, entry.refusal == word { return Done() }
            turn.emit(.flushEnded(identifier, outcome))
            return Done()
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(identifier)
            outcome.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            identifier = try reader.readName()
            outcome = try MeterOutcome(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Closes all periods up to one that is over: no usage comes into them any more.
    package struct ClosePeriods: Command {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = LedgerRefusal

        package static let tag: UInt32 = 17
        /// The last one.
        package let last: BillingPeriod

        /// All up to `last`.
        package init(through last: BillingPeriod) { self.last = last }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) throws(LedgerRefusal) -> Done {
            var decision = LedgerDecision(state, now: turn.wallTime)
            guard last.end <= decision.now else { throw .periodOpen }
            guard last >= state.core.firstOpen else { return Done() }
            for open in state.core.open where open.period <= last { decision.close(open.period, &turn) }
            if decision.core.firstOpen <= last { decision.emit(.periodClosed(last, nil), &turn) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { last.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { last = try BillingPeriod(from: &reader) }
    }

    /// Does what time asks for: ends holds, has Stripe told once a day, closes periods.
    ///
    /// The alarm.
    package struct LookAfter: Command, LedgerEmpty {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 18

        /// The only one.
        package init() {}

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Done {
            var decision = LedgerDecision(state, now: turn.wallTime)
            decision.expireHolds(&turn)
            decision.closePeriods(&turn)
            decision.flush(force: false, &turn)
            return Done()
        }
    }
}

/// A command without fields.
package protocol LedgerEmpty: WireCodable { init() }

extension LedgerEmpty {
    /// Writes it.
    package func encode(into writer: inout WireWriter) { Done().encode(into: &writer) }

    /// Reads it.
    package init(from reader: inout WireReader) throws(WireError) {
        _ = try Done(from: &reader)
        self.init()
    }
}
