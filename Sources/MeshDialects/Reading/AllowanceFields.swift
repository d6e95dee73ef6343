package import MeshChat
package import MeshCore

/// What clients are told of how often they may still ask, in the fields of either vendor.
package enum AllowanceFields {
    /// As OpenAI says it: the time to wait as `1s`, `6m0s`.
    package static func openAI(_ allowance: RequestAllowance) -> [ErrorAnswer.Field] {
        [
            ErrorAnswer.Field("x-ratelimit-limit-requests", "\(allowance.limit)"),
            ErrorAnswer.Field("x-ratelimit-remaining-requests", "\(allowance.remaining)"),
            ErrorAnswer.Field("x-ratelimit-reset-requests", duration(allowance.reset)),
        ]
    }

    /// As Anthropic says it: the moment from which on there is more.
    package static func anthropic(_ allowance: RequestAllowance, now: WallTime) -> [ErrorAnswer.Field] {
        let milliseconds = now.millisecondsSince1970 + allowance.reset.wholeNanoseconds / 1_000_000
        let reset = WallTime(millisecondsSince1970: milliseconds)
        return [
            ErrorAnswer.Field("anthropic-ratelimit-requests-limit", "\(allowance.limit)"),
            ErrorAnswer.Field("anthropic-ratelimit-requests-remaining", "\(allowance.remaining)"),
            ErrorAnswer.Field("anthropic-ratelimit-requests-reset", "\(reset)"),
        ]
    }

    private static func duration(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.wholeNanoseconds) / 1_000_000
        if milliseconds < 1_000 { return "\(milliseconds)ms" }
        let seconds = (milliseconds + 999) / 1_000
        return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
    }
}
