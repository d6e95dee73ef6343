internal import MeshAccounts
internal import MeshCore
internal import MeshTelemetry

extension MetricGroup<MeterBook.Counts> {
    /// What became of telling whoever bills.
    func registerMeters() {
        several(
            .counter,
            "meter_events",
            "Meter events of usage: delivered to whoever bills, refused by it, and by hand sent again or closed.",
            labels: ["outcome"]
        ) { found in
            [
                CollectedSample(Int64(clamping: found.delivered), values: ["delivered"]),
                CollectedSample(Int64(clamping: found.refused), values: ["refused"]),
                CollectedSample(Int64(clamping: found.retried), values: ["retried"]),
                CollectedSample(Int64(clamping: found.closed), values: ["closed"]),
            ]
        }
        counter("meter_reports", "Reports of Stripe's that it does not bill usage which it had taken.") { $0.reported }
    }
}
