import MeshAPI
import MeshChat
import MeshCore
import MeshNode
import Testing

@Suite struct `Providers in a file of settings` {
    private static func file(_ sections: String) -> String { "{ role: 'hub', \(sections) }" }

    private static func chat(_ sections: String) throws -> ChatSettings {
        try HubSettings(try #require(try loaded(file: file(sections)))).chat
    }

    @Test func `have the names, addresses and models that their kind usually has`() throws {
        let chat = try Self.chat("providers: [{ kind: 'anthropic', keyVariable: 'KEY' }, { kind: 'openai' }]")
        #expect(chat.providers.map(\.name) == ["anthropic", "openai"])
        #expect(chat.providers.map(\.url) == ["https://api.anthropic.com", "https://api.openai.com/v1"])
        #expect(chat.providers[0].key == .variable("KEY"))
        #expect(chat.providers[1].key == nil)
        #expect(chat.providers[0].models.contains { $0.name == "claude-sonnet-5-5" })
        #expect(chat.engine?.hasTiny == true)
    }

    @Test func `describe the models that the table does not know, with a price or as free`() throws {
        let chat = try Self.chat(
            """
            providers: [{
              name: 'house', kind: 'openai-compatible', url: 'http://10.0.0.7:8000/v1', keyFile: '/k',
              models: [
                { name: 'qwen', as: 'Qwen/Qwen3', context: 32768, output: 4096, tools: true, free: true },
                { name: 'dear', context: 1000, price: { input: 5, output: 7 } },
                { name: 'gpt-4o', as: 'house-4o' },
              ],
            }],
            substitutes: { qwen: ['dear', 'tiny'] },
            """
        )
        let models = try #require(chat.providers.first).models
        #expect(models.map(\.name) == ["qwen", "dear", "gpt-4o"])
        #expect(models.map(\.providerName) == ["Qwen/Qwen3", "dear", "house-4o"])
        #expect(models[0].row?.canUseTools == true)
        #expect(models[0].row?.maximumOutputTokens == 4_096)
        let price = try #require(models[1].row?.price(at: WallTime(millisecondsSince1970: 0)))
        #expect((price.base.input, price.base.output, price.base.cacheWrite) == (5, 7, 5))
        #expect(models[2].row == nil)
        #expect(chat.substitutes == ["qwen": ["dear", "tiny"]])
    }

    @Test(arguments: [
        ("providers: 1", "should be a list"),
        ("providers: [1]", "should be an object"),
        ("providers: [{ kind: 'antropic' }]", "did you mean 'anthropic'?"),
        ("providers: [{ kind: 'anthropic', ulr: 'x' }]", "unknown key 'ulr'; did you mean 'url'?"),
        ("providers: [{ kind: 'anthropic', apiKey: 'sk-7' }]", "a key never stands in a file of settings"),
        ("providers: [{ kind: 'anthropic', keyVariable: 'sk-7' }]", "no name of a variable"),
        ("providers: [{ kind: 'anthropic', keyFile: 'a', keyVariable: 'B' }]", "not from both"),
        ("providers: [{ kind: 'anthropic' }, { kind: 'anthropic' }]", "two providers called 'anthropic'"),
        ("providers: [{ kind: 'anthropic', name: 'auto' }]", "not 'local', 'auto'"),
        ("providers: [{ kind: 'anthropic', url: 'ftp://x' }]", "begins with https://"),
        ("providers: [{ kind: 'openai-compatible', url: 'http://x' }]", "needs a list of 'models'"),
        ("providers: [{ kind: 'openai-compatible', models: [] }]", "needs a 'url'"),
        ("providers: [{ kind: 'openai', models: ['gpt-40'] }]", "the table of models does not know 'gpt-40'"),
        ("providers: [{ kind: 'openai', models: [{ name: 'x', context: 9 }] }]", "none is free by mistake"),
        ("providers: [{ kind: 'openai', models: [{ name: 'x', free: true }] }]", "needs 'context'"),
        ("providers: [{ kind: 'openai', models: [{ name: 'tiny', context: 9, free: true }] }]", "a model of this hub"),
        ("providers: [{ kind: 'openai', models: [{ name: 'sonnet', context: 9, free: true }] }]", "hides a model"),
        ("substitutes: { tiny: ['gpt-4o'] }", "which no provider here has"),
        ("substitutes: { tiny: [] }", "one to eight models"),
        ("provider: []", "did you mean 'providers'?"),
    ])
    func `are refused with what is wrong, and never with a key`(sections: String, words: String) {
        let found = mistakes(file: Self.file(sections))
        #expect(found.contains { $0.contains(words) }, "\(found)")
        #expect(found.allSatisfy { $0.contains("node.json5:1:") }, "\(found)")
        #expect(!found.contains { $0.contains("sk-7") })
    }

    @Test func `are no more than maximumProviders, with maximumModels each and maximumContextTokens`() {
        let provider = "{ name: 'p%', kind: 'openai', models: ['gpt-4o'] }"
        func many(_ count: Int) -> String {
            let all = (0..<count).map { provider.replacing("%", with: "\($0)") }
            return Self.file("providers: [\(all.joined(separator: ", "))]")
        }
        #expect(mistakes(file: many(Limits.Configuration.maximumProviders)).isEmpty)
        #expect(mistakes(file: many(Limits.Configuration.maximumProviders + 1)).count == 1)
        func models(_ count: Int, _ context: Int) -> String {
            let all = (0..<count).map { "{ name: 'm\($0)', context: \(context), free: true }" }
            return Self.file("providers: [{ kind: 'openai', models: [\(all.joined(separator: ", "))] }]")
        }
        let most = Limits.Configuration.maximumContextTokens
        #expect(mistakes(file: models(Limits.Configuration.maximumModels, most)).isEmpty)
        #expect(!mistakes(file: models(Limits.Configuration.maximumModels + 1, most)).isEmpty)
        #expect(!mistakes(file: models(1, most + 1)).isEmpty)
    }

    @Test func `stand beside models in the process, each of another name`() throws {
        #expect(mistakes(["role": ["hub"], "engine.models": ["a=/x", "a=/y"]]).contains { $0.contains("same name") })
        #expect(mistakes(["role": ["hub"], "engine.models": ["local=/x"]]).count == 1)
        let own = try HubSettings(
            try #require(try loaded(["role": ["hub"], "engine.models": ["tiny=/x", "b=/y=z"]]))
        )
        #expect(own.chat.engine?.hasTiny == false)
        #expect(own.chat.engine?.models.map(\.path) == ["/x", "/y=z"])
        let without = try #require(try loaded(["role": ["hub"], "engine.enabled": ["false"]]))
        #expect(try HubSettings(without).chat.engine == nil)
    }
}

@Suite struct `What the doctor says of chats` {
    @Test func `is a warning where something is missing, for edges need the hub all the same`() {
        let well = ChatFindings.Engine(library: "/l", places: ["/l"], missing: [])
        #expect(ChatFindings(engine: well, providers: []).checks.map(\.status) == [.ok])
        #expect(ChatFindings(engine: nil, providers: []).checks.map(\.status) == [.skipped])
        let nowhere = ChatFindings.Engine(library: nil, places: ["/a", "/b"], missing: [])
        let broken = ChatFindings.Engine(library: "/l", places: ["/l"], missing: ["/m.gguf"])
        let provider = ChatFindings.Provider(name: "p", obstacle: "the file cannot be opened")
        let checks = ChatFindings(engine: nowhere, providers: [provider, .init(name: "q", obstacle: nil)]).checks
        #expect(checks.map(\.status) == [.warning, .warning])
        #expect(checks[0].detail.contains("/a, /b"))
        #expect(checks[1].detail == "p: the file cannot be opened")
        #expect(ChatFindings(engine: broken, providers: []).checks[0].detail.contains("/m.gguf"))
        let keys = ChatFindings(engine: well, providers: [.init(name: "q", obstacle: nil)])
        #expect(keys.checks.map(\.name) == ["chat.engine", "chat.providers"])
        #expect(keys.checks.map(\.status) == [.ok, .ok])
    }
}
