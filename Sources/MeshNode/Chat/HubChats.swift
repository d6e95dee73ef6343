internal import Glibc
internal import MeshAccounts
internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshGateway
internal import MeshHTTP
internal import MeshIO
internal import MeshIdentity
internal import MeshInference
internal import MeshProviders
internal import MeshRelay
internal import MeshTunnel

/// The chats of a hub: its desk, the models in its process, its providers.
///
/// It is there before any model is: ``run()`` loads them, one by one, on threads of their own, and the hub is ready
/// without waiting for it. Whoever asks meanwhile waits for ``Limits/Chat/modelPatience`` at most.
final class HubChats: Sendable {
    /// By which the engine in the process is known.
    static let embedded = "embedded"

    private let settings: ChatSettings
    /// What tenants have used since the start.
    let tally: UsageTally
    private let seat: EmbeddedSeat
    private let desk: ChatDesk
    private let caller: ChatCaller
    private let admission: any AdmissionPort
    private let book: ChatBook
    private let table: ModelTable
    private let providers: [ProviderSettings]
    private let client: HTTPClient?
    private let clock: any Clock
    private let logger: Logger
    private let found: Lock<EngineCondition>

    /// How the embedded engine stands.
    enum EngineCondition: Hashable, Sendable {
        /// Its models are being loaded.
        case starting
        /// It has at least one model; the words name what could not be loaded, if anything.
        case ready(String?)
        /// There is none, for this reason.
        case none(String)
    }

    /// What was put together before any of it runs.
    private struct Parts {
        var engines: [String: any InferenceEngine]
        var providers: [ProviderSettings]
        var client: HTTPClient?
    }

    /// The chats of a hub, as `settings` say, paid by `accounts`, which are topped up as `ledger` says.
    ///
    /// A provider whose key cannot be read is left out, and said in the log: edges need the hub all the same.
    static func make(
        _ settings: ChatSettings,
        _ accounts: LedgerOffice,
        _ ledger: LedgerSettings,
        _ ground: RoleGround
    ) async throws -> HubChats {
        let seat = EmbeddedSeat()
        var parts = Parts(engines: [:], providers: [], client: nil)
        if settings.engine != nil { parts.engines[embedded] = seat }
        if !settings.providers.isEmpty {
            var configuration = ClientConfiguration()
            // An answer holds its connection for as long as it lasts.
            (configuration.connectionsPerHost, configuration.connections) = (512, 1_024)
            let client = try await HTTPClient(loop: ground.loop, configuration: configuration)
            parts.client = client
            for provider in settings.providers { add(provider, client, to: &parts, ground.logger) }
        }
        let admission = AccountAdmission(
            accounts,
            own: [embedded],
            topUpURL: ledger.topUpURL,
            clock: ground.clock
        )
        return HubChats(settings, seat, parts, admission, table: try ChatSettings.table(settings.providers), ground)
    }

    private static func add(
        _ settings: ProviderSettings,
        _ client: HTTPClient,
        to parts: inout Parts,
        _ logger: Logger
    ) {
        do throws(ChatError) {
            parts.engines[settings.name] = try Provider(try settings.configuration(), client: client)
            parts.providers.append(settings)
        } catch {
            logger.log(
                .error,
                .providerUnusable,
                [
                    LogField(.chatProvider, .text(settings.name)), LogField(.error, .text(error.identity)),
                    LogField(.reason, .text("\(error.message); it is not asked until the hub is started again")),
                ]
            )
        }
    }

    private init(
        _ settings: ChatSettings,
        _ seat: EmbeddedSeat,
        _ parts: Parts,
        _ admission: any AdmissionPort,
        table: ModelTable,
        _ ground: RoleGround
    ) {
        self.settings = settings
        self.seat = seat
        self.table = table
        providers = parts.providers
        client = parts.client
        (clock, logger) = (ground.clock, ground.logger)
        var generator = ground.generator
        book = ChatBook(logger: ground.logger)
        tally = UsageTally(since: ground.clock.wallTime)
        // All ways to a model lead past it: HTTP, tunnels, engines of ours, providers.
        self.admission = CountedAdmission(admission, tally: tally)
        caller = ChatCaller(
            engines: parts.engines,
            own: [Self.embedded],
            clock: ground.clock,
            generator: generator.split()
        )
        found = Lock(settings.engine == nil ? .none("it is turned off (engine.enabled)") : .starting)
        desk = ChatDesk(
            caller,
            directory: Self.directory(table, [], parts.providers, settings.substitutes),
            isComplete: settings.engine == nil,
            admission: self.admission,
            observer: book,
            clock: ground.clock
        )
    }

    private static func directory(
        _ table: ModelTable,
        _ local: [EngineModel],
        _ providers: [ProviderSettings],
        _ substitutes: [String: [String]]
    ) -> ModelDirectory {
        let offers = providers.flatMap { provider in
            provider.models.map {
                ModelOffer(engine: provider.name, model: $0.name, engineModel: $0.providerName)
            }
        }
        let own = local.map { ModelOffer(engine: embedded, model: $0.name, engineModel: $0.name) }
        return ModelDirectory(table: table, local: local, offers: offers + own, substitutes: substitutes)
    }

    // MARK: Life

    /// Loads the models, and settles what is let go, until the calling task is cancelled; then closes the engines.
    ///
    /// Call it once; ``drain(patience:)`` first to leave in good order.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [desk] in await desk.run() }
            await startEngine()
        }
        await seat.close()
        await client?.close()
    }

    /// Takes no more calls, lets those that are under way end for as long as `patience`, and breaks off the others.
    func drain(patience: Duration) async { await desk.drain(patience: patience) }

    private func startEngine() async {
        guard let engine = settings.engine else { return tellModels() }
        let opened = await Self.open(engine)
        let library: LlamaLibrary
        let models: [EmbeddedModel]
        switch opened {
        case .failure(let error):
            found.withLock { $0 = .none(error.message) }
            let reason = "\(error.message); without it, only providers answer chats"
            logger.log(
                error.code == .noLibrary ? .info : .error,
                .engineAbsent,
                [LogField(.error, .text(error.identity)), LogField(.reason, .text(reason))]
            )
            desk.use(directory([]), isComplete: true)
            return tellModels()
        case .success(let opened): (library, models) = (opened.library, opened.models)
        }
        var failures: [String] = []
        for model in models where !Task.isCancelled {
            do throws(EngineError) {
                guard seat.take(try await EmbeddedEngine.start([model], library: library, clock: clock), as: model.name)
                else { return }
                desk.use(directory((try? await seat.models()) ?? []), isComplete: false)
            } catch {
                failures.append(model.name)
                logger.log(
                    .error,
                    .modelNotLoaded,
                    [
                        LogField(.chatModel, .text(model.name)), LogField(.error, .text(error.identity)),
                        LogField(.reason, .text("\(error.message) (\(model.path))")),
                    ]
                )
            }
        }
        let local = (try? await seat.models()) ?? []
        let words = failures.isEmpty ? nil : "not loaded: \(failures.joined(separator: ", "))"
        found.withLock { $0 = local.isEmpty ? .none(words ?? "there is no model") : .ready(words) }
        desk.use(directory(local), isComplete: true)
        tellModels()
    }

    private func directory(_ local: [EngineModel]) -> ModelDirectory {
        Self.directory(table, local, providers, settings.substitutes)
    }

    /// Once, when all models are there.
    private func tellModels() {
        var words = offers.map { "\($0.name) (\($0.engine))" }
        if words.count > 16 { words = words.prefix(16) + ["…"] }
        var fields = [
            LogField(.count, .integer(Int64(offers.count))),
            LogField(.chatModels, .text(words.isEmpty ? "none" : words.joined(separator: ", "))),
        ]
        // Who has turned the engine off and names no provider wants none.
        let lacksAll = offers.isEmpty && settings.engine != nil
        if lacksAll {
            let reason = "no chat is answered until a provider (providers) or the engine (engine.library) is set up"
            fields.append(LogField(.reason, .text(reason)))
        }
        logger.log(lacksAll ? .warning : .info, .chatModels, fields)
    }

    /// Opens the library, and finds the files of models, on a thread that may wait for a disk.
    private static func open(
        _ engine: ChatSettings.EngineSettings
    ) async -> Result<(library: LlamaLibrary, models: [EmbeddedModel]), EngineError> {
        await withCheckedContinuation { continuation in
            let isStarted = WorkThread.start {
                do throws(EngineError) {
                    let places = EnginePlaces(library: engine.library)
                    let library = try LlamaLibrary.open(places.library)
                    continuation.resume(returning: .success((library, models(engine, places))))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isStarted {
                let error = EngineError(.noMemory, "the machine has no thread for the embedded engine")
                continuation.resume(returning: .failure(error))
            }
        }
    }

    private static func models(_ engine: ChatSettings.EngineSettings, _ places: EnginePlaces) -> [EmbeddedModel] {
        var models = engine.models.map { place in
            var model = EmbeddedModel(name: place.name, path: place.path)
            (model.threads, model.contextTokens) = (engine.threads, engine.contextTokens)
            return model
        }
        if engine.hasTiny {
            // Where it is nowhere, loading the first place says so.
            let path = places.tinyModel ?? places.tinyModels.first ?? "tiny-q8_0.gguf"
            models.append(.tiny(at: path))
        }
        return models
    }

    // MARK: What is known

    /// How the embedded engine stands.
    var engineCondition: EngineCondition { found.withLock { $0 } }

    /// The models that can be asked now, each with those who have it.
    var offers: [(name: String, engine: String, isAsked: Bool)] {
        desk.offers.map { (name: $0.model, engine: $0.engine, isAsked: caller.isAsked($0.engine)) }
    }

    /// What metrics tell of it now.
    func reading() async -> ChatReading {
        let memory = await seat.memory()
        return ChatReading(
            book: book.reading,
            underWay: desk.underWay,
            settlementsWaiting: desk.settlementsWaiting,
            settling: desk.counts,
            breakers: caller.engineNames.map { ($0, caller.isAsked($0)) },
            memory: memory.map { ($0.name, $0.memory) }
        )
    }

    // MARK: Warming

    /// What edges asked last, which their next question will begin like.
    let recent = RecentAsks()

    /// Has the engine ready to compute, and what `edge` asked last read, so that its next answer begins at once.
    private func warm(for edge: NodeID) async {
        do throws(ChatError) {
            try await seat.warm()
            guard let asked = recent[edge], let model = await desk.model(named: asked.chat.model)?.name,
                offers.contains(where: { $0.name == model && $0.engine == Self.embedded })
            else { return }
            try await seat.warm(
                GenerationRequest(id: asked.run, tenant: asked.tenant, model: model, chat: asked.chat)
            )
        } catch {
            logger.log(.debug, .warmUpFailed, error: error)
        }
    }
}

// MARK: - Ports

extension HubChats: ChatPort {
    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        try await desk.begin(
            DeskCall(
                id: call.id,
                tenant: call.caller.tenant,
                key: call.caller.key,
                requestsPerMinute: call.caller.requestsPerMinute,
                place: call.place,
                request: call.request,
                deadline: call.deadline
            )
        )
    }

    func models() async -> [ModelDescription] { await desk.models() }

    /// What a call of the model called `name` costs at `time`; nil where nobody knows.
    func price(of name: String, at time: WallTime) -> ModelPrice? { desk.price(of: name, at: time) }

    func model(named name: String) async -> ModelDescription? { await desk.model(named: name) }
}

extension HubChats: WarmUpHook {
    /// Whatever an edge works on, it will go on with what it asked last; adapters are not made ready yet.
    func warmUp(_ wish: WarmUp) async { await warm(for: wish.edge) }
}

extension ProviderSettings {
    /// What the provider itself is told, its key read from where it lies.
    func configuration() throws(ChatError) -> ProviderConfiguration {
        let dialect: ProviderConfiguration.Dialect =
            switch kind {
            case .anthropic: .anthropic
            case .openAI: .openAI(.openAI)
            case .compatible: .openAI(.compatible)
            }
        return ProviderConfiguration(name: name, dialect: dialect, base: url, key: try readKey())
    }

    /// The key; nil where none is needed.
    func readKey() throws(ChatError) -> ProviderKey? {
        switch key {
        case nil: return nil
        case .file(let path): return try ProviderKey(file: path)
        case .variable(let name):
            guard let text = getenv(name) else {
                throw ChatError(.unavailable, "there is no variable \(name), which shall hold a provider's key")
            }
            guard let key = ProviderKey(UnsafeRawBufferPointer(start: text, count: strlen(text))) else {
                throw ChatError(.unavailable, "the variable \(name) holds no key")
            }
            return key
        }
    }
}

extension LogEvent {
    static let chatModels = LogEvent("chat.models")
    static let engineAbsent = LogEvent("chat.engine-absent")
    static let modelNotLoaded = LogEvent("chat.model-not-loaded")
    static let providerUnusable = LogEvent("chat.provider-unusable")
    static let warmUpFailed = LogEvent("chat.warm-up-failed")
}

extension LogKey {
    static let chatModel = LogKey("model")
    static let chatModels = LogKey("models")
    static let chatProvider = LogKey("provider")
}
