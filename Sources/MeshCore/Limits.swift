/// Every bound of the system has a name here or in an extension `Limits+Module.swift` of the module it guards.
///
/// A bound says in its comment what happens when it is met; a test meets it (`scripts/check` looks for one).
package enum Limits {
    /// Bounds on names that people choose.
    package enum Identifier {
        /// Longer identifiers are refused; the length of a DNS label, because node names become host names.
        package static let maximumBytes = 63
    }

    /// Bounds on a node's identity in a certificate.
    package enum Identity {
        /// Longer text is no identity; scheme, two ids, a role and the slashes fit with room.
        package static let maximumBytes = 160
    }

    /// Bounds on what proves an identity.
    package enum Credentials {
        /// A longer chain is refused: the node's certificate and what lies between it and a root.
        package static let maximumChain = 4

        /// More authorities than these are refused; two are needed while one replaces the other.
        package static let maximumRoots = 8
    }

    /// Bounds on one log record, so that a hostile peer cannot fill a disk with one line.
    package enum Log {
        /// Further fields are left out, and the last one says how many: `fields_left_out`.
        package static let maximumFields = 32

        /// Longer text is cut at a character and ends in `…`.
        package static let maximumTextBytes = 2_048

        /// Warnings and errors of one event in ``repetitionWindow``; further ones are counted and left out, and
        /// `log.repeated` says how many.
        package static let maximumRepetitions = 100

        /// The stretch of time in which ``maximumRepetitions`` of an event are written.
        package static let repetitionWindow = Duration.seconds(10)
    }
}
