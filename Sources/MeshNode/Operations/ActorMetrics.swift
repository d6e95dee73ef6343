internal import MeshActors
internal import MeshCore
internal import MeshTelemetry

extension MetricGroup<ActorStatistics> {
    /// The actors of a node, by their kinds, of which a node has few; no series names an actor.
    func registerActors() {
        kinds(.gauge, "actors_resident", "Actors that live here, come or go.") { UInt64($0.stays) }
        kinds(.gauge, "actor_calls_under_way", "Calls that are at an actor here, or wait for it to come.") {
            UInt64(clamping: $0.callsUnderWay)
        }
        kinds(.counter, "actor_activations", "Actors that came to live here.", \.activations)
        kinds(.counter, "actor_activations_failed", "Actors that could not come to live here.", \.activationsFailed)
        kinds(.counter, "actor_passivations", "Actors that left in good order.", \.passivations)
        kinds(.counter, "actor_evictions", "Actors that were dropped because an append failed.", \.evictions)
        calls("actor_calls", "Calls of anybody to actors that live here, by how they ended.", \.calls)
        calls("actor_calls_sent", "Calls of this node to actors elsewhere, by how they ended.", \.asked)
        times(
            "actor_call_duration",
            "Time that calls of other nodes took, from their arrival at the actor to their answer.",
            \.served
        )
        times(
            "actor_call_sent_duration",
            "Time that calls to actors elsewhere took which were answered or refused.",
            \.askedTimes
        )
        gauge("actor_starts_waiting", "Actors that are to come and whose stay has not begun.") { $0.startsWaiting }
        gauge("actor_routes", "Owners of actors elsewhere that are kept in mind.") { $0.routes }
        registerFaults(part(\.counts))
    }

    private func registerFaults(_ counts: MetricGroup<ActorCounts>) {
        counts.several(
            .counter,
            "actor_refusals",
            "Calls that were turned away before they reached an actor, by why.",
            labels: ["reason"]
        ) { found in
            [
                CollectedSample(UInt64(clamping: found.overloads), "overloaded"),
                CollectedSample(UInt64(clamping: found.callsDenied), "not_allowed"),
            ]
        }
        counts.counter("actor_redirects", "Calls that were sent on to another owner.") {
            UInt64(clamping: $0.redirects)
        }
        counts.counter("actor_answers_forgotten", "Answers that were forgotten before their time.") {
            UInt64(clamping: $0.answersForgotten)
        }
        counts.several(
            .counter,
            "actor_failures",
            "What went wrong with snapshots, effects and alarms, by what it was.",
            labels: ["what"]
        ) { found in
            [
                CollectedSample(UInt64(clamping: found.snapshotFailures), "snapshot_not_saved"),
                CollectedSample(UInt64(clamping: found.effectFailures), "effect_failed"),
                CollectedSample(UInt64(clamping: found.effectsAbandoned), "effect_abandoned"),
                CollectedSample(UInt64(clamping: found.effectsNotCompleted), "effect_not_completed"),
                CollectedSample(UInt64(clamping: found.alarmFailures), "alarm_failed"),
                CollectedSample(UInt64(clamping: found.alarmsAbandoned), "alarm_abandoned"),
            ]
        }
    }

    private func kinds(
        _ kind: MetricDescription.Kind,
        _ name: String,
        _ help: String,
        _ value: @escaping @Sendable (KindStatistics) -> UInt64
    ) {
        several(kind, name, help, labels: ["kind"]) { found in
            found.kinds.map { CollectedSample(value($0), $0.kind.name) }
        }
    }

    private func calls(_ name: String, _ help: String, _ value: @escaping @Sendable (KindStatistics) -> CallCounts) {
        several(.counter, name, help, labels: ["kind", "outcome"]) { found in
            found.kinds.flatMap { kind in
                CallCounts.Outcome.allCases.map { CollectedSample(value(kind)[$0], kind.kind.name, $0.rawValue) }
            }
        }
    }

    private func times(_ name: String, _ help: String, _ value: @escaping @Sendable (KindStatistics) -> Distribution) {
        histogram(name, unit: .seconds, help, labels: ["kind"]) { found in
            found.kinds.map { CollectedSpread(value($0), values: [$0.kind.name]) }
        }
    }
}
