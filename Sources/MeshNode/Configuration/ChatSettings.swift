internal import MeshChat
package import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// How a hub answers chats.
package struct ChatSettings: Hashable, Sendable {
    /// The models in its process; nil for none.
    package let engine: EngineSettings?
    /// The providers that it asks.
    package let providers: [ProviderSettings]
    /// By model, those that are asked where it cannot answer.
    package let substitutes: [String: [String]]

    /// The models in a hub's process.
    package struct EngineSettings: Hashable, Sendable {
        /// The one place where the library is; nil for the usual ones.
        package let library: String?
        /// Models beside the tiny one, the most wanted first.
        package let models: [ModelPlace]
        /// Whether the tiny model that comes with the program is there too.
        package let hasTiny: Bool
        /// Threads that each of the other models computes with.
        package let threads: Int
        /// The most tokens of a conversation with them; nil for what they were trained with, within bounds.
        package let contextTokens: Int?
    }

    init(_ configuration: Configuration, _ mistakes: inout [ConfigurationMistake]) {
        let models = configuration[Settings.engineModels]
        let hasTiny = configuration[Settings.engineTiny] && !models.contains { $0.name == Self.tiny }
        engine =
            configuration[Settings.engineEnabled]
            ? EngineSettings(
                library: configuration[Settings.engineLibrary],
                models: models,
                hasTiny: hasTiny,
                threads: configuration[Settings.engineThreads],
                contextTokens: configuration[Settings.engineContext]
            ) : nil
        providers = configuration.providers.providers
        substitutes = configuration.providers.substitutes
        if Set(models.map(\.name)).count != models.count {
            let place = configuration.place(of: Settings.engineModels)
            mistakes.append(ConfigurationMistake(place: place, message: "two models have the same name"))
        }
        let own = (engine?.models.map(\.name) ?? []) + (engine?.hasTiny == true ? [Self.tiny] : [])
        check(own: own, at: configuration.providers.place ?? "providers", &mistakes)
    }

    /// Names that would mean two things, and substitutes that nobody has.
    private func check(own: [String], at place: String, _ mistakes: inout [ConfigurationMistake]) {
        func wrong(_ message: String) { mistakes.append(ConfigurationMistake(place: place, message: message)) }
        let offered = Set(own + providers.flatMap { $0.models.map(\.name) })
        for provider in providers {
            for model in provider.models where own.contains(model.name) {
                wrong("'\(model.name)' is a model of this hub: '\(provider.name)' cannot have it by that name")
            }
        }
        do throws(ChatError) {
            _ = try Self.table(providers)
        } catch {
            wrong(error.message)
        }
        for (model, names) in substitutes.sorted(by: { $0.key < $1.key }) {
            for name in [model] + names where !offered.contains(name) {
                wrong("'substitutes' names '\(name.prefix(60).description.printable)', which no provider here has")
            }
        }
    }

    /// The table that ships and the models that `providers` describe.
    static func table(_ providers: [ProviderSettings]) throws(ChatError) -> ModelTable {
        var rows: [ModelRow] = []
        for row in providers.flatMap({ $0.models.compactMap(\.row) }) {
            if !rows.contains(where: { $0.name == row.name }) { rows.append(row) }
        }
        return try ModelTable.shipped.get().adding(rows)
    }

    /// The name of the model that comes with the program.
    package static let tiny = "tiny"
}

/// A model's name and its file, as people write it: `NAME=FILE`.
package struct ModelPlace: Hashable, Sendable {
    /// By what name it is asked for.
    package let name: String
    /// The GGUF file.
    package let path: String
}

extension ModelPlace: CommandLineValue {
    /// `NAME=FILE`, both not empty.
    package static var commandLineSyntax: ValueSyntax<ModelPlace> {
        ValueSyntax(
            valueName: "NAME=FILE",
            expected: "a name and a GGUF file, as in qwen=/srv/models/qwen.gguf",
            completion: .none,
            read: { text in
                guard let sign = text.firstIndex(of: "=") else { return nil }
                let (name, path) = (String(text[..<sign]), String(text[text.index(after: sign)...]))
                let letters = name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                guard (1...64).contains(name.utf8.count), letters, !path.isEmpty, name != "auto", name != "local" else {
                    return nil
                }
                return ModelPlace(name: name, path: path)
            },
            print: { "\($0.name)=\($0.path)" }
        )
    }
}
