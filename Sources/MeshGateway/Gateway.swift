internal import MeshAPI
package import MeshCore
package import MeshHTTP
internal import MeshIdentity

/// From where a listener can be reached.
package enum GatewayReach: Hashable, Sendable {
    /// From this machine alone.
    case thisMachine
    /// From others too.
    case network
}

/// What a node answers by HTTP to people, programs and pages: the routes below `/v1`, as docs/api.md says.
///
/// It knows how questions and answers look and who may ask; what is true the ports know, which the assembly gives it.
package struct Gateway: Sendable {
    /// Whom it asks.
    package struct Ports: Sendable {
        /// What the node says of itself.
        package var status: any StatusPort
        /// Who looks it over.
        package var doctor: any DoctorPort
        /// The edges of a hub; nil on an edge.
        package var directory: (any NodeDirectory)?
        /// Who sends them something; nil on an edge.
        package var commander: (any NodeCommander)?
        /// Who knows the keys that callers show; nil where nobody has one, and other machines are answered nothing.
        package var callers: (any CallerDirectory)?
        /// Who answers chats; nil where nobody does.
        package var chat: (any ChatPort)?
        /// Who answers questions; nil where nobody does.
        package var escalation: (any EscalationPort)?
        /// Who keeps conversations; nil where nobody does.
        package var sessions: (any SessionPort)?
        /// Who counts what is used; nil where nobody does.
        package var usage: (any UsagePort)?
        /// Who keeps accounts; nil on an edge.
        package var ledger: (any LedgerPort)?
        /// Who bills; nil where nobody does.
        package var billing: (any BillingPort)?

        /// What every node has.
        package init(status: any StatusPort, doctor: any DoctorPort) {
            self.status = status
            self.doctor = doctor
        }
    }

    private let ports: Ports
    private let clock: any Clock
    private let room: CommandRoom
    private let chats: ChatRoutes
    private let questions: EscalationRoutes
    private let accounts: LedgerRoutes
    private let billing: BillingRoutes

    /// What it lets be under way, and how long.
    package struct Bounds: Hashable, Sendable {
        /// Commands to edges at a time.
        package var commands = Limits.Gateway.maximumCommands
        /// Chats at a time.
        package var chats = Limits.Gateway.maximumChats
        /// Bytes of the bodies of chats at a time.
        package var chatBytes = Limits.Gateway.maximumChatBytesAtOnce
        /// How long a chat may take.
        package var chatPatience = Limits.Gateway.chatPatience
        /// How long a chat's body may take to come.
        package var uploadPatience = Limits.Gateway.uploadPatience
        /// How long a stream may be silent.
        package var heartbeat = Limits.Gateway.heartbeat
        /// Webhooks at a time.
        package var webhooks = Limits.Gateway.maximumWebhooks
        /// See ``Limits/Gateway/maximumPayments``.
        package var payments = Limits.Gateway.maximumPayments
        /// How long taking one in may last.
        package var webhookPatience = Limits.Gateway.webhookPatience

        /// The defaults.
        package init() {}
    }

    /// A gateway that asks `ports`; `logger` is told of chats that are over, `generator` makes their ids.
    package init(
        ports: Ports,
        clock: any Clock,
        logger: Logger?,
        generator: SeededGenerator,
        bounds: Bounds = Bounds()
    ) {
        self.ports = ports
        self.clock = clock
        room = CommandRoom(places: bounds.commands)
        accounts = LedgerRoutes(
            port: ports.ledger,
            payments: CommandRoom(places: bounds.payments, subject: "payments"),
            patience: RequestDeadline(bounds.webhookPatience, clock: clock)
        )
        billing = BillingRoutes(
            port: ports.billing,
            clock: clock,
            room: CommandRoom(places: bounds.webhooks, subject: "webhooks"),
            patience: bounds.webhookPatience
        )
        let answers = ChatRoom(places: bounds.chats, bytes: bounds.chatBytes)
        questions = EscalationRoutes(
            port: ports.escalation,
            clock: clock,
            logger: logger,
            room: answers,
            patience: bounds.chatPatience,
            uploadPatience: bounds.uploadPatience,
            heartbeat: bounds.heartbeat
        )
        chats = ChatRoutes(
            port: ports.chat,
            clock: clock,
            logger: logger,
            room: answers,
            patience: bounds.chatPatience,
            uploadPatience: bounds.uploadPatience,
            heartbeat: bounds.heartbeat,
            generator: Lock(generator)
        )
    }

    /// Adds its routes for a listener that can be reached from `reach`.
    package func add(to routes: inout RouterBuilder, reach: GatewayReach) {
        let limit = BodyLimit(maximumBytes: Limits.Gateway.maximumBodyBytes)
        let readers = guardian(of: .read, reach: reach)
        let operators = guardian(of: .operate, reach: reach)
        routes.group("/v1", middleware: [readers, limit]) { _ in }  // for paths that there are not
        routes.group(middleware: [readers, limit]) { routes in
            routes.on(.get, Path.at(APIPath.version)) { _ in Self.answer(ports.status.version()) }
            routes.on(.get, Path.at(APIPath.status)) { _ in Self.answer(await ports.status.status()) }
            routes.on(.get, Path.at(APIPath.nodes)) { try await nodes($0) }
            routes.on(.get, Self.node) { _, id in try await node(id) }
        }
        routes.group(middleware: [operators, CommandGuard(), limit]) { routes in
            for command in NodeCommand.allCases {
                routes.on(.post, Self.node.at(command.rawValue)) { request, id in
                    try await send(command, to: id, request)
                }
            }
            let patience = RequestDeadline(Limits.Gateway.doctorPatience, clock: clock)
            // Looking writes to the disk, takes ports and threads: nothing for whoever passes by.
            let questions = CommandGuard(subject: .questions)
            routes.group(middleware: [questions, patience]) { routes in
                routes.on(.get, Path.at(APIPath.doctor)) { _ in Self.answer(await ports.doctor.examine()) }
            }
        }
        let askers = guardian(of: .chat, reach: reach)
        chats.add(to: &routes, behind: askers)
        questions.add(to: &routes, behind: askers)
        SessionRoutes(port: ports.sessions).add(to: &routes, behind: askers)
        accounts.add(
            to: &routes,
            readers: guardian(of: .chat, .read, .operate, reach: reach),
            payers: guardian(of: .chat, .operate, reach: reach),
            operators: operators
        )
        billing.add(to: &routes, behind: operators)
        routes.group(middleware: [askers, limit]) { routes in
            routes.on(.get, Path.at(APIPath.usage)) { try await usage($0) }
            routes.on(.get, Path.at(APIPath.openAPI)) { _ in OpenAPIDocument.answer }
        }
    }

    /// Whether callers can show keys.
    package var knowsKeys: Bool { ports.callers?.knowsKeys == true }

    /// Whether callers of this machine need one too.
    package var needsKey: Bool { ports.callers?.needsKey == true }

    /// What stands before routes of others that tell how a node fares, on a listener that can be reached from `reach`.
    package func readersGuard(_ reach: GatewayReach) -> any Middleware { guardian(of: .read, reach: reach) }

    private func guardian(of scopes: KeyScope..., reach: GatewayReach) -> CallerGuard {
        CallerGuard(reach: reach, callers: ports.callers, scopes: scopes)
    }

    /// The bytes of bodies that a listener has to take for it: more than any route, each of which has its own bound and
    /// says so in its own shape.
    package static let bodyBytes = Limits.HTTPServer.maximumBodyBytes

    private static let node = Path.at(APIPath.nodes).value("id", NodeID.self)

    // MARK: Questions

    private func nodes(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let directory = ports.directory else { throw HTTPRefusal.notAHub }
        let query: NodeQuery
        do throws(APIError) {
            query = try NodeQuery(parameters: request.target.parameters)
        } catch {
            throw HTTPRefusal(.badRequest, "bad_request", error.message)
        }
        guard let page = await directory.nodes(query) else { throw HTTPRefusal.starting }
        return Self.answer(page)
    }

    private func node(_ id: NodeID) async throws -> HTTPResponse {
        guard let directory = ports.directory else { throw HTTPRefusal.notAHub }
        guard let node = await directory.node(id) else { throw HTTPRefusal.unknownNode(id.text) }
        return Self.answer(node)
    }

    private func usage(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let port = ports.usage else { throw HTTPRefusal.noUsage }
        guard let caller = request[CallerNote.self] else { throw HTTPRefusal.starting }
        return Self.answer(UsageDocument(await port.usage(caller)))
    }

    // MARK: Commands

    private func send(_ command: NodeCommand, to id: NodeID, _ request: HTTPRequest) async throws -> HTTPResponse {
        guard let commander = ports.commander else { throw HTTPRefusal.notAHub }
        let asked = try await Self.command(in: request.body)
        return try await room.enter {
            do throws(NodeCommandError) {
                switch command {
                case .ping:
                    let timeout = asked.timeout ?? Limits.Gateway.pingTimeout
                    return Self.answer(try await commander.ping(id, timeout: timeout))
                case .renew:
                    let timeout = asked.timeout ?? Limits.Gateway.renewTimeout
                    return Self.answer(try await commander.renew(id, timeout: timeout))
                case .drain:
                    let timeout = asked.timeout ?? Limits.Gateway.drainTimeout
                    return Self.answer(try await commander.drain(id, timeout: timeout))
                }
            } catch {
                throw HTTPRefusal(error)
            }
        }
    }

    /// What the body says; an empty one says nothing.
    private static func command(in body: RequestBody) async throws -> CommandRequest {
        let bytes = try await body.collect(upTo: Limits.Gateway.maximumBodyBytes)
        guard !bytes.isEmpty else { return CommandRequest() }
        do throws(APIError) {
            return try CommandRequest(bytes: bytes)
        } catch {
            throw HTTPRefusal(.badRequest, "bad_request", "the body is not right: \(error.message)")
        }
    }

    // MARK: Answers

    private static func answer(_ document: some APIDocument) -> HTTPResponse {
        HTTPResponse(document)
    }
}
