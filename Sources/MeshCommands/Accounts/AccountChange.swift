internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// A change of an account: sent to a hub, and what it has come to is shown.
enum AccountChange {
    /// Sends `body` to where `what` is done; what `quiet` makes of the answer is all that is printed where nothing else
    /// is wanted.
    static func run(
        _ what: String,
        _ body: JSONObject,
        _ invocation: Invocation,
        _ ground: CommandGround,
        quiet: @escaping @Sendable (ReceiptDocument) -> String? = { _ in nil }
    ) async throws -> ExitCode {
        try await GatewaySession.run(invocation, ground, needs: .accounts) { session in
            let bytes = JSONWriter.bytes(of: .object(body))
            let json = try await session.gateway.exchange(.post, APIPath.ledger(what), .bytes(bytes)).json
            let receipt: ReceiptDocument
            do throws(APIError) { receipt = try ReceiptDocument(json: json) } catch {
                let place = session.gateway.place
                throw GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: \(error.message)")
            }
            switch session.screen.form {
            case .json: try session.screen.json(json)
            case .quiet: try session.screen.lines(quiet(receipt).map { [$0.printable] } ?? [])
            case .people: try session.screen.lines(AccountView.lines(of: receipt, session.screen))
            }
            return .success
        }
    }

    /// The same for a change that is known by an id; a fresh one is said before it is sent, so that it can be said
    /// again.
    static func runNamed(
        _ what: String,
        _ body: JSONObject,
        _ invocation: Invocation,
        _ ground: CommandGround,
        quiet: @escaping @Sendable (ReceiptDocument) -> String? = { _ in nil }
    ) async throws -> ExitCode {
        var body = body
        let given = invocation[AccountOptions.id]
        let id = given ?? QuestionOptions.randomName(what, ground)
        body["id"] = .string(id)
        if given == nil { Screen(invocation, ground).aside("this is \(id); if it fails, --id \(id) does it once") }
        return try await run(what, body, invocation, ground, quiet: quiet)
    }
}
