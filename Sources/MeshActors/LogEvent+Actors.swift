internal import MeshCore

extension LogEvent {
    static let activated = LogEvent("actor.activated")
    static let activationFailed = LogEvent("actor.activation-failed")
    static let evicted = LogEvent("actor.evicted")
    static let takenOver = LogEvent("actor.taken-over")
    static let snapshotFailed = LogEvent("actor.snapshot-failed")
    static let answersForgotten = LogEvent("actor.answers-forgotten")
    static let effectFailed = LogEvent("actor.effect-failed")
    static let effectAbandoned = LogEvent("actor.effect-abandoned")
    static let alarmFailed = LogEvent("actor.alarm-failed")
    static let alarmAbandoned = LogEvent("actor.alarm-abandoned")
    static let callDenied = LogEvent("actor.call-denied")
    static let effectNotCompleted = LogEvent("actor.effect-not-completed")
    static let membersOmitted = LogEvent("actor.members-omitted")
    static let wakeScanFailed = LogEvent("actor.wake-scan-failed")
}

extension LogKey {
    static let actor = LogKey("actor")
    static let count = LogKey("count")
    static let attempt = LogKey("attempt")
    static let caller = LogKey("caller")
    static let command = LogKey("command")
}
