package import MeshCore

extension Limits {
    /// Bounds on tunnels.
    package enum Tunnel {
        /// Addresses of one host that are raced; further ones are left out.
        package static let maximumAddresses = 16

        /// Hubs that one name may announce; further ones are left out.
        package static let maximumServices = 64

        /// Hubs that an edge may be given; more are refused when the tunnel is made.
        package static let maximumHubs = 64

        /// Other hubs that one farewell may name; further ones are left out.
        package static let maximumAlternates = 8

        /// Bytes of a hub's address; longer text is refused.
        package static let maximumHubAddressBytes = 300

        /// Attempts before a tunnel fails; a configuration that asks for more gets this many.
        package static let maximumAttempts = 1_000

        /// Over how long a hub may ask its edges to spread their return; a longer window counts as this one.
        package static let longestWindow = Duration.seconds(600)

        /// How long a hub may ask one that it refuses to stay away; a longer time counts as this one.
        package static let longestRetryAfter = Duration.seconds(600)

        /// How long a hub that says farewell may let a link finish; a longer patience counts as this one.
        package static let longestPatience = Duration.seconds(3_600)

        /// How long an attempt goes on before a change of addresses makes it begin anew; before that, it goes on.
        package static let shortestDial = Duration.seconds(1)

        /// Links that have been replaced and finish what is under way; the oldest beyond them is closed.
        package static let maximumRetiring = 4

        /// Links that are made, open or ending at a time; another is not begun, and counts as a vain attempt.
        package static let maximumLinks = 16

        /// States that are kept for those who watch; one who is slower misses the oldest, never the newest.
        package static let statesKept = 64

        /// Tasks that wait for a tunnel's next state; the sequence of a further one ends at once.
        package static let maximumWatchers = 1_024

        /// Tunnels that a hub keeps account of; a further one is refused.
        package static let maximumTunnels = 100_000

        /// The shortest time over which a hub spreads its edges' return.
        package static let shortestPacing = Duration.milliseconds(500)

        /// The longest time over which a hub spreads its edges' return, however many they are.
        package static let longestPacing = Duration.seconds(300)
    }
}
