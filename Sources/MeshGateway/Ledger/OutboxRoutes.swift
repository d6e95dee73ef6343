internal import MeshAPI
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON
internal import MeshLedger

/// What whoever bills was not told of yet, or has refused: looked at and seen to by operators.
enum OutboxRoutes {
    /// What waits.
    static func show(_ account: TenantID, _ port: any LedgerPort) async throws -> HTTPResponse {
        HTTPResponse(OutboxDocument(try await port.outbox(account), of: account))
    }

    /// Has it told again.
    static func retry(_ asked: LedgerRequest, _ port: any LedgerPort) async throws -> MeterEvent {
        let event = try LedgerRequest.name(asked.body.required("event"))
        return try await port.retry(event: event, isMissing: try truth("not_there", asked), of: asked.account)
    }

    /// Ends it by hand.
    static func close(_ asked: LedgerRequest, _ port: any LedgerPort) async throws -> MeterEvent {
        let event = try LedgerRequest.name(asked.body.required("event"))
        // Who takes usage out of the hands of whoever bills says why.
        let note = try asked.body.required("note").text(bytes: 1...Limits.Ledger.maximumNoteBytes)
        let isCounted = try truth("counted", asked)
        return try await port.close(event: event, isCounted: isCounted, note: note, of: asked.account)
    }

    private static func truth(_ key: String, _ asked: LedgerRequest) throws -> Bool {
        guard let field = asked.body[key] else { return false }
        guard let truth = field.value.bool else { throw field.wrong("must be true or false") }
        return truth
    }
}
