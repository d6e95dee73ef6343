internal import MeshCore

/// How actors of one kind come to live on a node, and how they leave: what differs between journaled and plain ones.
struct Residency<Resident: Actor>: Sendable {
    /// Makes the resident ready, or says why not.
    let arrive: @Sendable (ActorAddress, ActivityMeter) async throws(ActorError) -> Resident
    /// Returns once the resident has left in good order (true) or been lost (false); `leave` tells it to go.
    let live: @Sendable (Resident, OneShot<Done>) async -> Bool
    /// Gives up what it owned.
    let depart: @Sendable (Resident) async -> Void
    /// Sends its alarm, if it has one that is due.
    let wake: @Sendable (Resident, WallTime) async -> WakeOutcome
}

extension Residency {
    static func journaled<Value: Journaled>(
        _ core: NodeCore,
        _ rule: PlacementRule,
        _ handler: EffectHandler<Value>
    ) -> Residency where Resident == JournaledActor<Value> {
        Residency(
            arrive: { address, meter throws(ActorError) in
                let claim = try await Claiming(core: core, address: address, rule: rule).claim()
                do throws(ActorError) {
                    var replayed = try ReplayedActor<Value>(address, claim)
                    while !replayed.isComplete {
                        let entries = try await core.entries(of: address, after: replayed.head)
                        guard !entries.isEmpty else {
                            throw ActorError(.corrupt, "\(address) ends before \(claim.head.rawValue)")
                        }
                        try replayed.replay(entries)
                    }
                    return JournaledActor(replayed, core.environment, handler, meter, core.splitGenerator())
                } catch {
                    try? await core.environment.journal.release(address, claim.epoch)
                    throw error
                }
            },
            live: { resident, leave in
                await withTaskGroup(of: Bool?.self) { group in
                    group.addTask { await resident.run() }
                    group.addTask {
                        guard (try? await leave.wait()) != nil else { return nil }
                        await resident.close()
                        return nil
                    }
                    var leftInOrder = false
                    while let result = await group.next() {
                        guard let result else { continue }
                        leftInOrder = result
                        group.cancelAll()
                    }
                    return leftInOrder
                }
            },
            depart: { resident in
                #if PLANTED_BUGS
                if PlantedBug.forgetRelease.isOn { return }
                #endif
                await resident.release()
            },
            wake: { await $0.wake(at: $1) }
        )
    }

    static func plain(_ make: @escaping @Sendable (ActorAddress) -> Resident) -> Residency
    where Resident: PlainActor {
        Residency(
            arrive: { address, _ throws(ActorError) in make(address) },
            live: { resident, leave in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await resident.run() }
                    let isTold = (try? await leave.wait()) != nil
                    group.cancelAll()
                    return isTold
                }
            },
            depart: { _ in },
            wake: { _, _ in .moved }
        )
    }
}

/// The claim of one actor: waits for an owner who lives, takes over from one who is dead.
struct Claiming {
    let core: NodeCore
    let address: ActorAddress
    let rule: PlacementRule

    func claim() async throws(ActorError) -> Claim {
        let backoff = Backoff(first: Limits.Hosting.claimPause, longest: Limits.Hosting.longestClaimPause)
        var takeover = Takeover.ifFree
        for attempt in 1...Limits.Hosting.claimAttempts {
            let held: HeldElsewhere
            do throws(JournalError) {
                return try await core.environment.journal.claim(address, for: core.owner, takeover)
            } catch {
                guard error.code == .owned, let found = error.cause as? HeldElsewhere else { throw refusal(error) }
                held = found
            }
            let membership = core.membership
            guard membership.node(for: address.kind, address.key, rule) == core.owner.node else {
                throw ActorError(.moved, "\(address) is placed elsewhere by now")
            }
            #if PLANTED_BUGS
            if PlantedBug.waitForSilentOwner.isOn, !membership.isDead(held.owner) {
                try await pause(backoff.pause(after: attempt))
                continue
            }
            #endif
            // A living owner may not know that it is one: its claim or its release got lost on the way. The last try
            // takes over from it too; the store's fence keeps that safe.
            if membership.isDead(held.owner) || attempt == Limits.Hosting.claimAttempts - 1 {
                takeover = .from(held.epoch)
                core.environment.logger.log(.info, .takenOver, [LogField(.actor, .text("\(address)"))])
            } else {
                takeover = .ifFree
                try await pause(backoff.pause(after: attempt))
            }
        }
        throw ActorError(.unavailable, "\(address) is still held by its last owner")
    }

    private func pause(_ duration: Duration) async throws(ActorError) {
        do {
            try await core.environment.clock.sleep(for: duration)
        } catch {
            throw ActorError(.stopping, "the node stops")
        }
    }

    private func refusal(_ error: JournalError) -> ActorError {
        ActorError(error.code == .corrupt ? .corrupt : .unavailable, "\(address) cannot be claimed", cause: error)
    }
}
