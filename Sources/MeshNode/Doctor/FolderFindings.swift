internal import Glibc
internal import MeshAPI
package import MeshCore

/// What was found of a node's folder, without taking it.
package struct FolderFindings: Sendable {
    /// The folder.
    package let path: String
    /// For a node of which role.
    package let role: NodeRole
    /// How it is.
    package let condition: Condition

    /// How a folder is.
    package enum Condition: Sendable {
        /// There is none, and one can be made, or not: the words say why.
        case missing(problem: String?)
        /// It cannot be used.
        case unusable(NodeFolderError)
        /// Nobody has it.
        case free
        /// A process has it; nil where its number is not to be learnt.
        case held(by: Int32?)
    }

    /// These findings.
    package init(path: String, role: NodeRole, condition: Condition) {
        self.path = path
        self.role = role
        self.condition = condition
    }

    /// The process that has the folder; nil where none has, or its number is not known.
    package var holder: Int32? { if case .held(let holder) = condition { holder } else { nil } }

    /// Whether a process has it.
    package var isHeld: Bool { if case .held = condition { true } else { false } }

    /// Whether it is there.
    package var exists: Bool { if case .missing = condition { false } else { true } }

    private var whose: String { role == .hub ? "a hub's" : "an edge's" }

    /// What is to be thought of them; `own` is the number of this process, which may be the node itself.
    package func checks(own: Int32) -> [DoctorCheck] {
        let name = "folder"
        switch condition {
        case .missing(let problem?):
            return [
                DoctorCheck(
                    name,
                    .failure,
                    "'\(path)' does not exist and cannot be made: \(problem)",
                    advice: "Make the folder above it, or choose another place (--data)"
                )
            ]
        case .missing(nil):
            let words = role == .hub ? "the hub makes it when it starts" : "enrolment makes it"
            return [DoctorCheck(name, .ok, "'\(path)' does not exist: \(words)")]
        case .unusable(let error):
            return [DoctorCheck(name, .failure, error.message)]
        case .free:
            return [DoctorCheck(name, .ok, "'\(path)' is \(whose), its owner's alone, and nobody has it")]
        case .held(let holder):
            let who = holder == own ? "this process" : holder.map { "process \($0)" } ?? "another process"
            return [DoctorCheck(name, .ok, "'\(path)' is \(whose), and \(who) runs on it")]
        }
    }
}

extension FolderFindings {
    /// Reads them of the folder at `path`; nothing there is changed.
    static func read(_ path: String, role: NodeRole) -> FolderFindings {
        FolderFindings(path: path, role: role, condition: condition(path, role))
    }

    private static func condition(_ path: String, _ role: NodeRole) -> Condition {
        guard access(path, F_OK) == 0 || errno != ENOENT else {
            let above = NodeFolder.above(path)
            guard access(above, W_OK | X_OK) != 0 else { return .missing(problem: nil) }
            return .missing(problem: "'\(above)': \(String(cString: strerror(errno)))")
        }
        do throws(NodeFolderError) {
            try NodeFolder.checkAccess(path)
            _ = try NodeFolder.checkFormat(path, role.rawValue)
        } catch {
            return .unusable(error)
        }
        return NodeFolder.holder(of: path)
    }
}

extension NodeFolder {
    /// Who has the folder: looked at by taking its lock for an instant, where there is one.
    static func holder(of path: String) -> FolderFindings.Condition {
        let file = open("\(path)/lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return .free }
        defer { close(file) }
        if flock(file, LOCK_SH | LOCK_NB) == 0 { return .free }
        return .held(by: content(file).flatMap { Int32($0) })
    }
}
