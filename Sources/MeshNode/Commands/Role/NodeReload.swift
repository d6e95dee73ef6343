internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// What a node does when it is told to read its configuration again (SIGHUP).
///
/// All of it or nothing: a file with a mistake changes nothing. What a running node cannot change is said.
struct NodeReload: Sendable {
    let first: Configuration
    let load: @Sendable () throws(ConfigurationError) -> Configuration?
    let signals: NodeSignals
    let notifier: ServiceNotifier
    let threshold: LogThreshold
    let logger: Logger

    /// Reads and takes over until the calling task is cancelled; `use` is given what the node is told now.
    func run(_ use: @Sendable (Configuration) async throws(ConfigurationError) -> Void) async {
        var known = first
        while await signals.nextReload() {
            await notifier.reloading()
            do throws(ConfigurationError) {
                guard let next = try load(), next.role == known.role else {
                    throw ConfigurationError("role", "a node that runs does not become another")
                }
                try await use(next)
                threshold.set(next[Settings.logLevel])
                report(from: known, to: next)
                known = next
            } catch {
                for mistake in error.mistakes {
                    logger.log(.error, .reloadRefused, [LogField(.reason, .text(mistake.description))])
                }
            }
            await notifier.ready("serving, with the configuration read again")
        }
    }

    private func report(from known: Configuration, to next: Configuration) {
        let changed = next.concerning.filter { known[$0.row.path]?.words != $0.words }
        let waiting = changed.filter { !$0.row.shape.isReloadable }
        var paths = waiting.map(\.row.path)
        if known.providers.providers != next.providers.providers { paths.append("providers") }
        if known.providers.substitutes != next.providers.substitutes { paths.append("substitutes") }
        for path in paths {
            let words = "'\(path)' has changed, which counts when the node is started again"
            logger.log(.warning, .needsRestart, [LogField(.setting, .text(path)), LogField(.reason, .text(words))])
        }
        let taken = changed.filter(\.row.shape.isReloadable).map(\.row.path)
        let words =
            (taken.isEmpty ? ["no setting"] : taken).joined(separator: ", ") + " changed; certificates are read again"
        logger.log(.info, .reloaded, [LogField(.reason, .text(words))])
    }
}

extension LogEvent {
    static let reloaded = LogEvent("node.reloaded")
    static let reloadRefused = LogEvent("node.reload-refused")
    static let needsRestart = LogEvent("node.needs-restart")
}

extension LogKey {
    static let setting = LogKey("setting")
}
