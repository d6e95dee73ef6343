/// The machine's memory: `/proc/meminfo`.
struct MachineMemory: Hashable, Sendable {
    let totalBytes: UInt64
    let availableBytes: UInt64?

    init?(_ text: KernelText) {
        func bytes(_ name: String) -> UInt64? { text.unsigned(behind: name)?.times(1_024) }
        guard let total = bytes("MemTotal:"), total > 0 else { return nil }
        totalBytes = total
        availableBytes = bytes("MemAvailable:").map { min($0, total) }
    }
}
