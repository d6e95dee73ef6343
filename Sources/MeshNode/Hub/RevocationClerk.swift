internal import MeshActors
internal import MeshCertificates
internal import MeshCore
internal import MeshIdentity

/// Carries out what an operator has ordered with `meshnode ca revoke`: looks into the authority's folder once a second.
struct RevocationClerk: Sendable {
    let orders: RevocationOrders
    let office: RevocationOffice
    /// Whether an identity has enrolled; nil where that cannot be told now.
    let isKnown: @Sendable (NodeIdentity) async -> Bool?
    let clock: any Clock
    let logger: Logger

    /// Looks until the calling task is cancelled.
    func run() async {
        var settled: Set<String> = []
        while !Task.isCancelled {
            do throws(CertificateError) {
                let waiting = try orders.waiting()
                settled.formIntersection(waiting.map(\.path))
                for order in waiting where !settled.contains(order.path) {
                    if await carryOut(order) { settled.insert(order.path) }
                }
            } catch {
                logger.log(.warning, .revocationNotRead, error: error)
            }
            try? await clock.sleep(for: Self.interval)
        }
    }

    /// Whether nothing more is to be done about `order`: its file may stay where this node may not take it away.
    private func carryOut(_ order: RevocationOrders.Order) async -> Bool {
        guard let identity = order.identity else {
            let words = "'\(order.path)' cannot be read, or names nobody"
            logger.log(.error, .revocationNotRead, [LogField(.reason, .text(words))])
            return true
        }
        let isKnown = await isKnown(identity)
        do throws(CallFailure<RevocationList.Refusal>) {
            _ = try await office.revoke(identity, reason: order.reason, ordered: order.given)
        } catch {
            let fields = [LogField(.peer, .text(identity.text)), LogField(.reason, .text("\(error)"))]
            logger.log(.error, .notRevoked, fields)
            return false
        }
        logger.log(.info, .revoked, [LogField(.peer, .text(identity.text)), LogField(.reason, .text(order.reason))])
        do throws(CertificateError) {
            try orders.settle(order, isKnown: isKnown ?? true)
        } catch {
            logger.log(.warning, .revocationNotRead, error: error)
        }
        return true
    }

    private static let interval = Duration.seconds(1)
}

extension LogEvent {
    static let revoked = LogEvent("hub.revoked")
    static let notRevoked = LogEvent("hub.not-revoked")
    static let revocationNotRead = LogEvent("hub.revocation-not-read")
}
