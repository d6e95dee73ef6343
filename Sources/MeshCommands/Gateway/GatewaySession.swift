internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIO

/// One run of a command that asks a gateway: finds it, and says in one sentence what went wrong.
struct GatewaySession: Sendable {
    /// Whom a command needs.
    enum Need: Hashable, Sendable {
        /// Any node.
        case anyNode
        /// A hub: where nobody names a gateway, its usual place is asked first, and one of an edge is passed over.
        case hub
        /// A hub as well, for its accounts.
        case accounts
        /// Somebody who answers a question: where nobody names a gateway, an edge, which takes personal data out of it.
        ///
        /// A hub is asked only where nothing listens at the place of the edge, and a person has said yes or the command
        /// line (`isAllowed`).
        case question(isUnredactedAllowed: Bool)

        /// Whether an edge is of no use.
        var isForHub: Bool { self == .hub || self == .accounts }
    }

    /// The gateway.
    let gateway: GatewayClient
    /// How the command writes.
    let screen: Screen
    /// The time.
    let clock: any Clock
    /// On which it runs.
    let loop: EventLoop

    /// Runs `body` with the gateway that the command line, the environment or this machine has.
    static func run(
        _ invocation: Invocation,
        _ ground: CommandGround,
        needs need: Need = .anyNode,
        _ body: @Sendable (GatewaySession) async throws -> ExitCode
    ) async throws -> ExitCode {
        let screen = Screen(invocation, ground)
        do {
            return try await connected(invocation, ground) { finder, loop in
                let gateway = try await finder.find(need)
                try allow(gateway, need, screen, ground)
                let clock = MachineClock(loop: loop)
                return try await body(GatewaySession(gateway: gateway, screen: screen, clock: clock, loop: loop))
            }
        } catch let error as GatewayFailure {
            invocation.terminal.writeErrorLine("\(invocation.commandName): error: \(error.message.printable)")
            return error.code.exit
        }
    }

    /// Throws where a question would reach somebody as it is whom nobody has named, and nobody says yes to that.
    private static func allow(
        _ gateway: GatewayClient,
        _ need: Need,
        _ screen: Screen,
        _ ground: CommandGround
    ) throws(GatewayFailure) {
        guard case .question(isUnredactedAllowed: false) = need, let role = gateway.guessedRole, role != "edge" else {
            return
        }
        let edges = GatewayPlace.edge.map { " (\($0))" } ?? ""
        let words =
            "no edge answers on this machine\(edges), and the \(role.printable) at \(gateway.place) would get the "
            + "question as it is, with the personal data in it"
        if screen.isWatched, screen.form == .people, ground.confirm("\(words). Ask it? (yes/no): ") == true { return }
        throw GatewayFailure(
            .unredacted,
            "\(words): start an edge (meshnode --role edge), or allow it (--unredacted, or --gateway \(gateway.place))"
        )
    }

    /// Tells a person who is asked, where nobody has named a gateway, and what that means for a question.
    func tellPlace(ofQuestion isQuestion: Bool = false) {
        guard let role = gateway.guessedRole, screen.isInteractive, screen.form == .people else { return }
        let meaning = isQuestion && role != "edge" ? "; no personal data is replaced on the way" : ""
        screen.aside("asking the \(role.printable) at \(gateway.place)\(meaning)")
    }

    /// Runs `body` with a client, and ends everything behind it.
    static func connected<Value: Sendable>(
        _ invocation: Invocation,
        _ ground: CommandGround,
        _ body: @Sendable (GatewayFinder, EventLoop) async throws -> Value
    ) async throws -> Value {
        let loop: EventLoop
        do throws(IOError) { loop = try EventLoop.start(name: "synesis") } catch {
            throw GatewayFailure(.notReached, "this machine has no room: \(error.message)", cause: error)
        }
        defer { loop.stop() }
        var configuration = ClientConfiguration()
        configuration.userAgent = "synesis/\(MeshSoftware.version)"
        if let path = invocation[SharedOptions.authority] ?? ground.variable("SYNESIS_CA") {
            guard let pem = ground.file(path, Limits.Commands.maximumAuthorityBytes) else {
                throw GatewayFailure(.notReached, "'\(path)' with the authority (--ca) cannot be read, or is too large")
            }
            configuration.trust = .authorities(pem: pem)
        }
        let client: HTTPClient
        do throws(HTTPError) { client = try await HTTPClient(loop: loop, configuration: configuration) } catch {
            throw GatewayFailure(.notReached, "the authority (--ca) cannot be used: \(error.message)", cause: error)
        }
        let outcome: Result<Value, any Error>
        do {
            let finder = try GatewayFinder(invocation, ground, client)
            outcome = .success(try await body(finder, loop))
        } catch {
            outcome = .failure(error)
        }
        await client.close()
        return try outcome.get()
    }
}

/// Finds the gateway: the one that is named, or the first of this machine that answers.
struct GatewayFinder: Sendable {
    private let named: GatewayPlace?
    private let key: String?
    private let client: HTTPClient

    init(_ invocation: Invocation, _ ground: CommandGround, _ client: HTTPClient) throws(GatewayFailure) {
        self.client = client
        key = ground.variable("SYNESIS_KEY")
        if let place = invocation[SharedOptions.gateway] {
            named = place
        } else if let text = ground.variable("SYNESIS_GATEWAY") {
            guard let place = GatewayPlace(text) else {
                let expected = GatewayPlace.commandLineSyntax.expected
                let said = text.cut(toBytes: 100)
                throw GatewayFailure(.notReached, "SYNESIS_GATEWAY says '\(said)': expected \(expected)")
            }
            named = place
        } else {
            named = nil
        }
    }

    /// The gateway to ask.
    ///
    /// Of those of this machine, each says first what it is: some other server may be at its port.
    func find(_ need: GatewaySession.Need) async throws(GatewayFailure) -> GatewayClient {
        if let named { return GatewayClient(named, client, key: key) }
        var edge: GatewayPlace?
        let usual = GatewayPlace.usual(needsHub: need.isForHub)
        for place in usual {
            guard let role = try await role(at: place, need) else { continue }
            if !need.isForHub || role == "hub" { return GatewayClient(place, client, guessedRole: role) }
            edge = edge ?? place
        }
        if let edge {
            throw .edge(at: edge, keepsNoAccounts: need == .accounts)
        }
        let places = usual.map(\.description).joined(separator: " and ")
        throw GatewayFailure(
            .notReached,
            "no gateway answers on this machine (\(places)): start a node (meshnode --role hub), or name one "
                + "(--gateway URL, or SYNESIS_GATEWAY)"
        )
    }

    /// What the gateway at a usual place is; nil where there is none.
    ///
    /// One that wants a key is not passed over: what an edge would have replaced must not go to a hub instead. Nor is,
    /// with a question, one that is there and does not say in time what it is.
    private func role(
        at place: GatewayPlace,
        _ need: GatewaySession.Need
    ) async throws(GatewayFailure) -> String? {
        let gateway = GatewayClient(place, client)
        let timeout = Limits.Commands.probeTimeout
        do throws(GatewayFailure) {
            return try await gateway.get(APIPath.version, as: VersionDocument.self, within: timeout).document.role
        } catch {
            guard error.code == .noKey else {
                guard case .question = need, place == GatewayPlace.edge, !error.isNobodyThere else { return nil }
                throw GatewayFailure(
                    .unredacted,
                    "nothing was asked, for \(place) is where an edge would take personal data out, and what is there "
                        + "does not say that it is one (\(error.message)): try again, or name the gateway "
                        + "(--gateway URL)",
                    cause: error
                )
            }
            throw GatewayFailure(
                .noKey,
                "the gateway at \(place) wants a key: put it into the variable SYNESIS_KEY, and name the gateway "
                    + "(--gateway \(place), or SYNESIS_GATEWAY), for only one that is named is shown a key"
            )
        }
    }
}

extension MeshError<GatewayFailureCode> {
    /// Whether nobody listens where the gateway would be.
    fileprivate var isNobodyThere: Bool {
        ((cause as? HTTPError)?.cause as? ClientFailure)?.isNobodyThere ?? false
    }
}
