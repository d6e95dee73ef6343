internal import MeshCore

extension LogEvent {
    static let tunnelChanged = LogEvent("tunnel.changed")
    static let beatAcknowledged = LogEvent("edge.beat-acknowledged")
    static let beatOverdue = LogEvent("edge.beat-overdue")
    static let beatLate = LogEvent("edge.beat-late")
    static let beatsLost = LogEvent("edge.beats-lost")
    static let beatUnknown = LogEvent("edge.beat-not-known")
    static let vitalsLate = LogEvent("edge.vitals-late")
    static let preWarmSent = LogEvent("edge.pre-warm-sent")
}

extension LogKey {
    static let tunnelState = LogKey("tunnel_state")
    static let hub = LogKey("hub")
    static let sequence = LogKey("sequence")
    static let count = LogKey("count")
    static let roundTrip = LogKey("round_trip")
    static let load = LogKey("gpu_load_percent")
    static let celsius = LogKey("temperature_celsius")
}
