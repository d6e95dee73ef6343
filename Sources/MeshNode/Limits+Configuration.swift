package import MeshCore

extension Limits {
    /// Bounds on configurations.
    package enum Configuration {
        /// Providers of a file of settings; a file with more is refused.
        package static let maximumProviders = 64

        /// Models of one provider, and models with substitutes; a file with more is refused.
        package static let maximumModels = 1_024

        /// Tokens of a model's context; a file that says more is refused.
        package static let maximumContextTokens = 100_000_000

        /// A longer file is refused unread.
        package static let maximumBytes = 256 * 1_024
    }

    /// Bounds on nodes as processes.
    package enum Process {
        /// How long a node that was told to stop may take beyond what it lets others end; then it ends as it is.
        package static let endMargin = Duration.seconds(5)

        /// How long a service manager that does not read what a node tells it is waited for; then it is not told.
        package static let managerPatience = Duration.seconds(2)

        /// What lies in a node's folder for want of an end, such as the key of an enrolment that came to nothing, is
        /// removed when it is so old.
        package static let leftoverAge = Duration.seconds(86_400)
    }
}
