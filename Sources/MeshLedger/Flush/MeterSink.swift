/// The port to whoever bills usage: Stripe, or a file where there is no key for it.
package protocol MeterSink: Sendable {
    /// Tells of `event`; throws what another try may mend.
    ///
    /// The same event may come again, also after a crash between the telling and our knowing of it: nobody knows then
    /// whether it was told, and its identifier makes it count once.
    func tell(_ event: MeterEvent) async throws -> MeterOutcome

    /// The same, of `account`, where whoever bills may have to be told first who that is.
    func tell(_ event: MeterEvent, of account: String) async throws -> MeterOutcome
}

extension MeterSink {
    /// Nobody has to know whose it is.
    package func tell(_ event: MeterEvent, of account: String) async throws -> MeterOutcome { try await tell(event) }
}
