internal import CMeshLMDB

/// Memory that was freed and that the C library still keeps.
enum FreedMemory {
    /// Hands whole pages of it back to the operating system: after work that took far more than serving does.
    static func giveBack() { cmesh_lmdb_trim_memory() }
}
