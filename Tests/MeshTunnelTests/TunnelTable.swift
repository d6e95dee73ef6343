/// What ``TunnelStateMachine`` does in each state at each event; cells that are missing change nothing and ask nothing.
enum TunnelTable {
    static let text = """
        x
        """
}
