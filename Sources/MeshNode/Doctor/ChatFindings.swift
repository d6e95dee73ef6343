internal import Glibc
internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshInference

/// What was found of what a hub answers chats with: the engine's library, models, and keys of providers.
package struct ChatFindings: Hashable, Sendable {
    /// The engine in the process; nil where it is turned off.
    package let engine: Engine?
    /// The providers and why they cannot be asked, by name; nil where they can.
    package let providers: [Provider]

    /// What the engine in the process needs.
    package struct Engine: Hashable, Sendable {
        /// The library that would be opened; nil where there is none.
        package let library: String?
        /// Where it was looked for.
        package let places: [String]
        /// Files of models that cannot be read.
        package let missing: [String]

        /// These findings.
        package init(library: String?, places: [String], missing: [String]) {
            self.library = library
            self.places = places
            self.missing = missing
        }
    }

    /// A provider.
    package struct Provider: Hashable, Sendable {
        /// Our name for it.
        package let name: String
        /// Why it cannot be asked; nil where its key is there.
        package let obstacle: String?

        /// A provider.
        package init(name: String, obstacle: String?) {
            self.name = name
            self.obstacle = obstacle
        }
    }

    /// These findings.
    package init(engine: Engine?, providers: [Provider]) {
        self.engine = engine
        self.providers = providers
    }

    /// What is to be thought of them; without an engine and providers a hub works, and answers no chats.
    package var checks: [DoctorCheck] { [engineCheck] + (providers.isEmpty ? [] : [providersCheck]) }

    private var engineCheck: DoctorCheck {
        let name = "chat.engine"
        guard let engine else { return DoctorCheck(name, .skipped, "it is turned off (engine.enabled)") }
        guard let library = engine.library else {
            let places = engine.places.joined(separator: ", ")
            return DoctorCheck(
                name,
                .warning,
                "there is no library of the embedded engine; looked for it in: \(places)",
                advice: "Build it (scripts/setup), name it (engine.library), or turn it off (engine.enabled: false)"
            )
        }
        guard engine.missing.isEmpty else {
            return DoctorCheck(
                name,
                .warning,
                "models cannot be read: \(engine.missing.joined(separator: ", "))",
                advice: "Put the files there, or take them out of engine.models"
            )
        }
        return DoctorCheck(name, .ok, "the library is '\(library)', and all models are there")
    }

    private var providersCheck: DoctorCheck {
        let name = "chat.providers"
        let obstacles = providers.compactMap { provider in provider.obstacle.map { "\(provider.name): \($0)" } }
        guard obstacles.isEmpty else {
            return DoctorCheck(
                name,
                .warning,
                obstacles.joined(separator: "; "),
                advice: "Have the file be readable by its owner alone, and the variable be there"
            )
        }
        return DoctorCheck(name, .ok, "the keys of \(providers.map(\.name).joined(separator: ", ")) are there")
    }
}

extension ChatFindings {
    /// Reads them; nobody is asked anything, and keys are wiped again.
    static func read(_ settings: ChatSettings) -> ChatFindings {
        var engine: Engine?
        if let wanted = settings.engine {
            let places = EnginePlaces(library: wanted.library)
            var missing = wanted.models.map(\.path).filter { access($0, R_OK) != 0 }
            if wanted.hasTiny, places.tinyModel == nil { missing.append("the tiny model") }
            engine = Engine(
                library: places.library.files.first { access($0, R_OK) == 0 },
                places: places.library.files,
                missing: missing
            )
        }
        let providers = settings.providers.map { provider in
            do throws(ChatError) {
                _ = try provider.readKey()
                return Provider(name: provider.name, obstacle: nil)
            } catch {
                return Provider(name: provider.name, obstacle: error.message)
            }
        }
        return ChatFindings(engine: engine, providers: providers)
    }
}
