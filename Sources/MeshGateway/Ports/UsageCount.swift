package import MeshChat
package import MeshCore

/// Calls, their tokens and what they cost; a sum that stops at its end.
package struct UsageCount: Hashable, Sendable {
    /// How many calls.
    package private(set) var requests: UInt64 = 0
    /// Tokens that were read and paid in full.
    package private(set) var input: UInt64 = 0
    /// Tokens that were read, and still ready.
    package private(set) var cacheRead: UInt64 = 0
    /// Tokens that were read, and to be kept ready.
    package private(set) var cacheWrite: UInt64 = 0
    /// Tokens that were said.
    package private(set) var output: UInt64 = 0
    /// Tokens that were thought and not said.
    package private(set) var reasoning: UInt64 = 0
    /// Whether any of it is an estimate.
    package private(set) var isEstimated = false
    /// What it costs; nil where nobody has said of any call.
    package private(set) var cost: Money?

    /// No calls.
    package init() {}

    /// One call that used `usage`, which costs so much.
    package init(_ usage: ChatUsage, cost: Money?) {
        requests = 1
        input = UInt64(clamping: usage.inputTokens)
        cacheRead = UInt64(clamping: usage.cacheReadTokens)
        cacheWrite = UInt64(clamping: usage.cacheWriteTokens + usage.longCacheWriteTokens)
        output = UInt64(clamping: usage.outputTokens)
        reasoning = UInt64(clamping: usage.reasoningTokens)
        isEstimated = usage.isEstimated
        self.cost = cost
    }

    /// Adds `other`.
    package mutating func add(_ other: UsageCount) {
        func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
            let (sum, isOver) = left.addingReportingOverflow(right)
            return isOver ? .max : sum
        }
        requests = sum(requests, other.requests)
        input = sum(input, other.input)
        cacheRead = sum(cacheRead, other.cacheRead)
        cacheWrite = sum(cacheWrite, other.cacheWrite)
        output = sum(output, other.output)
        reasoning = sum(reasoning, other.reasoning)
        isEstimated = isEstimated || other.isEstimated
        if let cost = other.cost { self.cost = (self.cost ?? .zero) + cost }
    }
}
