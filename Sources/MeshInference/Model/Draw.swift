package import MeshChat
package import MeshCore

/// How the next token is drawn, with everything said.
package struct Draw: Hashable, Sendable {
    /// 0 always takes the likeliest.
    package var temperature: Float

    /// From the likeliest that together have this share; 1 for all.
    package var topP: Float

    /// From this many of the likeliest; 0 for all.
    package var topK: Int32

    /// The same seed draws the same tokens from the same scores.
    package var seed: UInt32

    /// How much less likely what was said often.
    package var frequencyPenalty: Float

    /// How much less likely what was said at all.
    package var presencePenalty: Float

    /// What `sampling` asks for; what it leaves open is the model's own temperature, and a seed from the request's id.
    package init(_ sampling: Sampling, temperature: Double, id: UniqueID) {
        func finite(_ value: Double?, _ range: ClosedRange<Double>, else other: Double) -> Float {
            guard let value, value.isFinite else { return Float(other) }
            return Float(min(max(value, range.lowerBound), range.upperBound))
        }
        self.temperature = finite(sampling.temperature, 0...10, else: temperature)
        topP = finite(sampling.topP, 0...1, else: 1)
        topK = Int32(clamping: max(0, sampling.topK ?? 0))
        seed = UInt32(truncatingIfNeeded: sampling.seed ?? Int64(truncatingIfNeeded: id.low ^ (id.low >> 32)))
        frequencyPenalty = finite(sampling.frequencyPenalty, -2...2, else: 0)
        presencePenalty = finite(sampling.presencePenalty, -2...2, else: 0)
        // The library draws a seed of its own for this one.
        if seed == .max { seed = 0 }
    }
}
