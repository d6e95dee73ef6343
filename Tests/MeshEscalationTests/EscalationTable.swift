/// What a run on the hub does in each situation at each event; cells that are missing change nothing and ask nothing.
///
/// Situation | event | action | the phase after it.
enum EscalationTable {
    static let hub = """
        """
}
