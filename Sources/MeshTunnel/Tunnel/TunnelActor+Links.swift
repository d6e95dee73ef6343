internal import MeshActors
internal import MeshCore

/// The life of each link, from its dialling to its end, in a task of its own.
extension TunnelActor {
    private enum Made: Sendable {
        case link(any HubLink, HubAddress)
        case failed(DialError)
        case givenUp
    }

    /// Makes the link that `hold` is for, and keeps it until it is over.
    func live(_ hold: LinkHold) async {
        switch await make(hold) {
        case .link(let link, let address):
            hold.opened(link, at: address)
            await keep(link, hold)
        case .failed(let error): failed(error, hold)
        case .givenUp: break
        }
        holds[hold.dial.link] = nil
        changed()
    }

    private func make(_ hold: LinkHold) async -> Made {
        await withTaskGroup(of: Made.self) { group in
            group.addTask { await self.reach(hold.dial.goal) }
            group.addTask {
                _ = try? await hold.ending.wait()
                return .givenUp
            }
            let made = await group.next() ?? .givenUp
            group.cancelAll()
            // The dialler may have been faster than the end of the attempt.
            for await late in group {
                if case .link(let link, _) = late { await link.close("the attempt was given up") }
            }
            return made
        }
    }

    private func reach(_ goal: TunnelStateMachine.Goal) async -> Made {
        do throws(DialError) {
            let (target, address) = try await target(of: goal)
            return .link(try await dialler.dial(target), address)
        } catch {
            return .failed(error)
        }
    }

    /// Resolves where an attempt goes: announcements once, then addresses.
    private func target(of goal: TunnelStateMachine.Goal) async throws(DialError) -> (HubTarget, HubAddress) {
        var address: HubAddress
        if goal == .sameHub, let hubAddress {
            address = hubAddress
        } else {
            address = candidates.next(&generator)
        }
        if address.isAnnounced, case .name(let name) = address.host {
            // Where nothing can be learnt of announcements, the name itself is tried.
            let records = (try? await resolver.services(of: name)) ?? []
            candidates.announce(records, by: address, &generator)
            address = candidates.next(&generator)
        }
        let addresses = try await addresses(of: address.host).interleaved
        guard !addresses.isEmpty else { throw DialError(.unreachable, "\(address) has no address") }
        let endpoints = addresses.map { IPEndpoint(address: $0, port: address.port) }
        return (HubTarget(serverName: address.host.serverName, endpoints: endpoints), address)
    }

    private func addresses(of host: HubAddress.Host) async throws(DialError) -> [IPAddress] {
        switch host {
        case .address(let address): return [address]
        case .name(let name):
            do throws(ResolverError) {
                return try await resolver.addresses(of: name)
            } catch {
                throw DialError(.unreachable, "\(name) leads to no address: \(error.message)")
            }
        }
    }

    // MARK: An open link

    private func keep(_ link: any HubLink, _ hold: LinkHold) async {
        opened(link, hold)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.probe(link.hub, hold) }
            group.addTask { await Self.end(link, hold) }
            group.addTask { if (try? await hold.retiring.wait()) != nil { await link.retire() } }
            await follow(link, hold)
            hold.ended()
            group.cancelAll()
        }
        // Whatever ended the waiting for its events: nothing outlives the tunnel.
        if Task.isCancelled { await link.close("this node is stopping") }
        ledger.counts.figures.add(countsOf: await link.figures())
    }

    private func follow(_ link: any HubLink, _ hold: LinkHold) async {
        while true {
            switch await link.nextEvent() {
            case .leaving(let farewell): leaving(farewell, hold)
            case .ended(let words):
                ended(words, hold)
                return
            }
        }
    }

    /// Closes the link when its tunnel says so, or when the node stops: it is closed in every case.
    private static func end(_ link: any HubLink, _ hold: LinkHold) async {
        let words = try? await hold.ending.wait()
        guard !hold.isOver else { return }
        await link.close(words ?? "this node is stopping")
    }

    /// Asks the hub whenever its tunnel wants to know.
    private func probe(_ hub: NodeID, _ hold: LinkHold) async {
        while let probe = await hold.nextProbe() {
            let begun = clock.now
            let answer = await answer(of: hub, to: probe, hold)
            guard !Task.isCancelled else { return }
            probed(answer, took: clock.now - begun, hold)
        }
    }

    private enum ProbeOutcome: Sendable {
        case answered(ProbeAnswer)
        case missed
        /// Another is wanted; this one's answer may never come.
        case superseded
    }

    private func answer(of hub: NodeID, to probe: TunnelStateMachine.Probe, _ hold: LinkHold) async -> ProbeOutcome {
        await withTaskGroup(of: ProbeOutcome.self) { group in
            group.addTask { [prober] in
                (try? await prober.probe(hub, deadline: probe.deadline)).map { .answered($0) } ?? .missed
            }
            group.addTask {
                await hold.untilNextProbe()
                return .superseded
            }
            defer { group.cancelAll() }
            return await group.next() ?? .missed
        }
    }

    // MARK: What the machine is told, each in one step

    private func failed(_ error: DialError, _ hold: LinkHold) {
        machine.attemptFailed(hold.dial.link, error, now: clock.now, &generator)
    }

    private func opened(_ link: any HubLink, _ hold: LinkHold) {
        switch machine.linkOpened(hold.dial.link, hub: link.hub, isResumed: link.isResumed, now: clock.now) {
        case .probe(let probe): hold.want(probe)
        case .close: hold.ending.open("nobody waits for this link")
        }
        changed()
    }

    private func leaving(_ farewell: HubFarewell, _ hold: LinkHold) {
        let id = hold.dial.link
        if id == machine.currentLink { candidates.prefer(farewell.alternates) }
        if case .close = machine.linkLeaving(id, farewell, now: clock.now, &generator) {
            hold.ending.open("the hub leaves")
        }
        changed()
    }

    private func ended(_ words: String, _ hold: LinkHold) {
        machine.linkEnded(hold.dial.link, words, now: clock.now, &generator)
        changed()
    }

    private func probed(_ outcome: ProbeOutcome, took time: Duration, _ hold: LinkHold) {
        let id = hold.dial.link
        switch outcome {
        case .answered(let answer):
            ledger.counts.probesAnswered += 1
            ledger.counts.lastProbeTime = time
            let window = Duration.milliseconds(Int64(answer.windowMilliseconds))
            switch machine.probeAnswered(id, window: window, now: clock.now, &generator) {
            case .nothing: break
            case .retire(let former): holds[former]?.retiring.open(true)
            }
        case .missed:
            ledger.counts.probesMissed += 1
            let current = machine.currentLink
            if case .close = machine.probeMissed(id, now: clock.now, &generator) {
                if id == current { candidates.beginRound(avoiding: hold.address) }
                hold.ending.open("the hub's actors did not answer")
            }
        case .superseded: break
        }
        changed()
    }
}
