internal import MeshCore

extension LogEvent {
    static let tunnelChanged = LogEvent("tunnel.changed")
}

extension LogKey {
    static let tunnelState = LogKey("tunnel_state")
    static let hub = LogKey("hub")
}
