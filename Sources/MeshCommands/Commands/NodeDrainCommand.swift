internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// `synesis node drain`.
enum NodeDrainCommand {
    private static let noWait = Flag("no-wait", "Return as soon as the edge has said that it goes.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "drain",
            summary: "Have an edge let what is under way end, and stop.",
            discussion: """
                The edge takes nothing new, closes its tunnel, and its process ends with code 0, as after SIGTERM; a \
                service manager that restarts what ends well starts it again. Waits until the edge has gone.
                """,
            parameters: [NodeArgument.id, noWait],
            examples: ["synesis node drain laptop-7": "Before its machine is switched off."],
            exitCodes: SynesisExit.nodeMeanings
        ) { invocation in
            let (id, isWaiting) = (invocation[NodeArgument.id], !invocation[noWait])
            return try await GatewaySession.run(invocation, ground, needs: .hub) { session in
                let before = isWaiting ? try await look(at: id, session).arrivals : 0
                let answer = try await session.gateway.send(
                    .drain,
                    to: id,
                    timeout: .seconds(10),
                    as: DrainDocument.self
                )
                let patience = Duration.milliseconds(answer.document.patienceMilliseconds)
                if session.screen.form == .people {
                    let seconds = Words.time(patience.roundedSeconds)
                    try session.screen.line("\(id) goes, and lets what is under way take \(seconds) at most")
                }
                guard isWaiting else { return try end(answer.json, isGone: nil, session) }
                let took = try await waitUntilGone(
                    id,
                    arrivals: before,
                    within: patience + Limits.Commands.drainMargin,
                    session
                )
                guard let took else {
                    _ = try end(answer.json, isGone: false, session)
                    throw GatewayFailure(.node, "'\(id)' said that it goes, and is still connected")
                }
                if session.screen.form == .people {
                    try session.screen.line("\(id) is gone after \(Words.time(took.roundedSeconds))")
                }
                return try end(answer.json, isGone: true, session)
            }
        }
    }

    private static func end(_ json: JSONValue, isGone: Bool?, _ session: GatewaySession) throws -> ExitCode {
        if session.screen.form == .json, var object = json.object {
            object["gone"] = isGone.map { .bool($0) }
            try session.screen.json(.object(object))
        }
        return .success
    }

    private static func look(at id: String, _ session: GatewaySession) async throws(GatewayFailure) -> NodeDocument {
        try await session.gateway.get(APIPath.node(id), as: NodeDocument.self).document
    }

    /// How long that took; nil where it did not go.
    private static func waitUntilGone(
        _ id: String,
        arrivals: Int64,
        within patience: Duration,
        _ session: GatewaySession
    ) async throws -> Duration? {
        let begun = session.clock.now
        while true {
            do throws(GatewayFailure) {
                if try await look(at: id, session).hasGone(sinceArrival: arrivals) { return session.clock.now - begun }
            } catch {
                // So many have gone since that this one is forgotten.
                if error.code == .node { return session.clock.now - begun }
                throw error
            }
            guard session.clock.now - begun < patience else { return nil }
            try await session.clock.sleep(for: Limits.Commands.drainLookInterval)
        }
    }
}
