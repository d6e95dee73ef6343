internal import MeshActors
internal import MeshCore
internal import MeshIdentity

// What the holder of a device is told, in words that say what to do.

extension EnrolmentRefusal {
    /// Not now, and no fault of the device.
    static func notNow(_ why: String) -> EnrolmentRefusal {
        EnrolmentRefusal(.unavailable, "\(why); try again in a moment", retryAfterMilliseconds: 1_000)
    }

    /// What a call's failure means to a device; `words` are those for the actor's own refusal.
    init<Refused>(_ failure: CallFailure<Refused>, _ words: (Refused) -> EnrolmentRefusal) {
        switch failure {
        case .refused(let refusal): self = words(refusal)
        case .overloaded: self = .notNow("the hub has more to do than it can")
        case .failed: self = .notNow("the hub cannot write to its journal")
        }
    }

    /// What is wrong with a token, and whose clock may be.
    init(_ error: EnrolmentError, deviceTime: WallTime, now: WallTime) {
        let apart = max(deviceTime.since(now), now.since(deviceTime))
        let clocks =
            apart > Limits.Enrolment.toleratedSkew
            ? "; the device's clock says \(deviceTime), which is \(apart.shortText) off" : ""
        switch error.code {
        case .malformedToken: self.init(.malformed, error.message)
        case .forgedToken: self.init(.forgedToken, error.message)
        case .expiredToken, .earlyToken, .longToken: self.init(.tokenOutOfTime, error.message + clocks)
        }
    }

    init(_ refusal: EnrolmentTokens.Refusal) {
        switch refusal {
        case .spentByAnother:
            self.init(
                .tokenSpent,
                "the enrolment token has been used before, by another key or for another name; if that was not you, "
                    + "tell your operator, and ask for a new one"
            )
        case .ended: self.init(.tokenOutOfTime, "the enrolment token has ended: ask for a new one")
        case .tooMany:
            self = EnrolmentRefusal(
                .unavailable,
                "too many enrolment tokens of this tenant were used at once; try again in a few minutes",
                retryAfterMilliseconds: 60_000
            )
        }
    }

    init(_ refusal: NodeRegistration.Refusal, name: NodeID) {
        switch refusal {
        case .nameTaken:
            self.init(
                .nameTaken,
                "the name '\(name)' belongs to a node already: choose another one (--id), or if it is this device's "
                    + "own, ask for a token that was made for this name (meshnode ca token --id \(name))"
            )
        case .keyUsed:
            self.init(.keyUsed, "the key has been used before: a new enrolment and a renewal each need a new key")
        case .notRegistered:
            self.init(
                .notRegistered,
                "nobody has enrolled under the name '\(name)': ask for an enrolment token (meshnode ca token)"
            )
        case .keyEnded:
            self.init(
                .keyEnded,
                "a newer key of '\(name)' has ended this one: unless the device is a copy, ask for a token with --id"
            )
        case .tooMany:
            self.init(.tooMany, "the name '\(name)' has enrolled as often as any name may: choose another one (--id)")
        }
    }

    init(_ refusal: RevocationList.Refusal) {
        switch refusal {
        case .tokenOlder:
            self.init(
                .revoked,
                "this device has been put out of the mesh, and the token was made before that: ask for a new one"
            )
        case .notReadmitted, .full:
            self.init(.revoked, "this device has been put out of the mesh: only a new enrolment token lets it in again")
        }
    }
}

extension EnrolmentRefusal.Code {
    /// One word for it, for counting.
    var word: String {
        switch self {
        case .malformed: "malformed"
        case .forgedToken: "forged_token"
        case .tokenOutOfTime: "token_out_of_time"
        case .tokenSpent: "token_spent"
        case .notForThis: "not_for_this"
        case .nameTaken: "name_taken"
        case .keyUsed: "key_used"
        case .badRequest: "bad_request"
        case .revoked: "revoked"
        case .notRegistered: "not_registered"
        case .keyEnded: "key_ended"
        case .unavailable: "unavailable"
        case .notIssued: "not_issued"
        case .nothingShown: "nothing_shown"
        case .tooMany: "too_many"
        default: "other"
        }
    }
}
