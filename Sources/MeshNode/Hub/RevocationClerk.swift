internal import MeshActors
internal import MeshCertificates
internal import MeshCore
internal import MeshIdentity

/// Carries out what an operator has ordered with `meshnode ca revoke`: looks into the authority's folder once a second.
struct RevocationClerk: Sendable {
    let orders: RevocationOrders
    let office: RevocationOffice
    let clock: any Clock
    let logger: Logger

    /// Looks until the calling task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do throws(CertificateError) {
                for order in try orders.waiting() { try await carryOut(order) }
            } catch {
                logger.log(.warning, .revocationNotRead, error: error)
            }
            try? await clock.sleep(for: Self.interval)
        }
    }

    /// An order that cannot be read is taken away too: it would be in the log each second for ever.
    private func carryOut(_ order: RevocationOrders.Order) async throws(CertificateError) {
        guard let identity = order.identity else {
            logger.log(.error, .revocationNotRead, [LogField(.reason, .text("'\(order.path)' names nobody"))])
            return try orders.settle(order)
        }
        do throws(CallFailure<RevocationList.Refusal>) {
            _ = try await office.revoke(identity, reason: order.reason)
        } catch {
            let fields = [LogField(.peer, .text(identity.text)), LogField(.reason, .text("\(error)"))]
            return logger.log(.error, .notRevoked, fields)
        }
        logger.log(.info, .revoked, [LogField(.peer, .text(identity.text))])
        try orders.settle(order)
    }

    private static let interval = Duration.seconds(1)
}

extension LogEvent {
    static let revoked = LogEvent("hub.revoked")
    static let notRevoked = LogEvent("hub.not-revoked")
    static let revocationNotRead = LogEvent("hub.revocation-not-read")
}
