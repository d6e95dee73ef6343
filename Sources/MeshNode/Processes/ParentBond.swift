internal import Glibc
internal import MeshIO

/// Lets a node end together with the process that has started it, however that ends.
///
/// For clusters of one machine: a node of which nobody knows any more would go on for ever.
package enum ParentBond {
    /// The variable that holds the number of that process.
    package static let variable = "MESHNODE_ENDS_WITH"

    /// Asks the kernel to kill this process when the thread ends that has started it; only where the variable says so.
    ///
    /// It ends at once where its parent is not, or no longer, the process of the variable.
    static func tie() {
        guard let text = getenv(variable), let parent = pid_t(String(cString: text)) else { return }
        unsetenv(variable)
        ParentDeath.killsThisProcess()
        if getppid() != parent { _exit(Int32(NodeExit.notInOrder.rawValue)) }
    }
}
