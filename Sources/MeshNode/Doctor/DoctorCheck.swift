package import MeshAPI

/// One thing that was looked at before or while a node runs, and what is to be thought of it.
package typealias DoctorCheck = DoctorDocument.Check

extension DoctorDocument.Check {
    /// What was found.
    package init(_ name: String, _ status: Status, _ detail: String, advice: String? = nil) {
        self.init(name: name, status: status, detail: detail, advice: advice)
    }
}
