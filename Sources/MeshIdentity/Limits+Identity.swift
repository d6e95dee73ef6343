package import MeshCore

extension Limits {
    /// Bounds on enrolment.
    package enum Enrolment {
        /// A token that lives longer is not made and not taken.
        package static let maximumTokenLife = Duration.seconds(900)
    }
}
