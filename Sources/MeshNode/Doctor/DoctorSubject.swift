internal import MeshAPI
package import MeshCore
internal import MeshJSON

/// What is to be looked at: a node as it is configured, running or not.
package struct DoctorSubject: Sendable {
    /// What the node is told.
    package enum Settings: Sendable {
        /// A hub.
        case hub(HubSettings)
        /// An edge.
        case edge(EdgeSettings)
        /// What it is told is wrong, so that only the machine is looked at.
        case wrong(ConfigurationError)
        /// Nobody says what it is to be, so that only the machine is looked at.
        case nothing
    }

    /// What the node is told.
    package let settings: Settings

    /// The file that says so; nil where none does.
    package let file: String?

    /// How the node stands, where it asks about itself: its own lock and ports are no fault then, and what it knows of
    /// its hub counts in place of another handshake.
    package var life: Life?

    /// What a running node knows of itself.
    package struct Life: Sendable {
        /// How it stands.
        package let state: NodeState
        /// How far its clock is from its hub's; nil for hubs, and where that is not known yet.
        package let clock: ClockDifference?

        /// What a node knows.
        package init(state: NodeState, clock: ClockDifference? = nil) {
            self.state = state
            self.clock = clock
        }
    }

    /// A node that is told `settings`, by `file` among others.
    package init(_ settings: Settings, file: String? = nil, life: Life? = nil) {
        self.settings = settings
        self.file = file
        self.life = life
    }

    /// A node that `configuration` is for.
    package init(_ configuration: Configuration, file: String? = nil, life: Life? = nil) {
        do throws(ConfigurationError) {
            switch configuration.role {
            case .hub: self.init(.hub(try HubSettings(configuration)), file: file, life: life)
            case .edge: self.init(.edge(try EdgeSettings(configuration)), file: file, life: life)
            }
        } catch {
            self.init(.wrong(error), file: file, life: life)
        }
    }

    /// What hubs and edges are both told; nil where it is not known.
    package var node: (role: NodeRole, settings: NodeSettings)? {
        switch settings {
        case .hub(let settings): (.hub, settings.node)
        case .edge(let settings): (.edge, settings.node)
        case .wrong, .nothing: nil
        }
    }

    /// What is to be thought of the configuration.
    package var configurationChecks: [DoctorCheck] {
        let name = "configuration"
        let place = file.map { "'\($0)'" } ?? "flags, environment and defaults"
        switch settings {
        case .hub: return [DoctorCheck(name, .ok, "a hub, by \(place)")]
        case .edge: return [DoctorCheck(name, .ok, "an edge, by \(place)")]
        case .nothing:
            let words = "nobody says what the node is to be, so only the machine is looked at"
            return [
                DoctorCheck(name, .skipped, words, advice: "Say --role hub or --role edge, or name a file (--config)")
            ]
        case .wrong(let error):
            return error.mistakes.prefix(Limits.Doctor.mistakes).map { mistake in
                DoctorCheck(name, .failure, mistake.description)
            }
        }
    }
}
