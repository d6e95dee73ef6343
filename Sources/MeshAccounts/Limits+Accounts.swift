package import MeshCore

extension Limits {
    /// Bounds on how a hub asks its accounts.
    package enum Accounts {
        /// How long money stays set aside behind a call's deadline, for its settlement; a later one is charged late.
        package static let settlingTime = Duration.seconds(60)

        /// How long money stays set aside for a call that has no deadline.
        package static let usualHold = Duration.seconds(900)

        /// Tries of one command whose outcome is unknown, all under one id; then the call is `unavailable`.
        package static let maximumTries = 4

        /// Webhooks that wait for an earlier one of their account; a further one is to be told again.
        package static let maximumWaiting = 64

        /// When to come again where the accounts cannot be reached.
        package static let retryAfter = Duration.seconds(1)

        /// Accounts that wait for a customer of Stripe's; a further one has it made when it is first told of.
        package static let maximumSignUps = 256
    }
}
