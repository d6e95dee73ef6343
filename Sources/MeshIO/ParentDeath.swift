internal import CMeshSockets

/// What becomes of this process when the one ends that has started it.
package enum ParentDeath {
    /// Asks the kernel to kill this process, even one that is stopped, when the thread ends that has started it.
    ///
    /// Who starts processes that ask for this does so from a thread that lasts, and they look afterwards whether their
    /// parent is there still.
    package static func killsThisProcess() { cmesh_end_with_parent() }
}
