internal import MeshCore
internal import MeshJSON
internal import MeshTopology

/// What befalls nodes, whether a file or a person asks for it.
extension Cluster {
    /// Lets the faults of the description begin now.
    func beginFaults(_ faults: [TopologyFault]) {
        faultsBegan = clock.now
        self.faults = faults.reversed()
        changed()
    }

    /// Does it to every node that is meant; the words say what could not be done.
    func befall(_ action: FaultAction) -> String? {
        guard !isStopping else { return "the cluster is being stopped" }
        switch action {
        case .kill(let chosen, let pause): return each(chosen) { $0.life.kill(comesBackAfter: pause) }
        case .pause(let chosen): return each(chosen) { $0.life.pause() }
        case .resume(let chosen): return each(chosen) { $0.life.resume() }
        case .restart(let chosen):
            return each(chosen) { [now = clock.now] in
                $0.life.restart(now: now, patience: Limits.Cluster.stopPatience)
            }
        case .partition(let left, let right):
            return eachLink(left, right) { links.cut($0) }
        case .heal(let left, let right):
            return eachLink(left, right) { links.heal($0) }
        case .degrade(let chosen, let link):
            return eachLink(chosen, .all) { links.change($0, to: link) }
        }
    }

    private func each(_ chosen: NodeSelector, _ body: (ClusterNode) -> NodeLifeStateMachine.Action) -> String? {
        let meant = nodes.filter { chosen.matches($0.name) }
        guard !meant.isEmpty else { return chosen.unknown(among: plan.topology.nodes) }
        // Of many, those that it can be done to count.
        var problems: [String] = []
        for node in meant { if let problem = perform(body(node), on: node) { problems.append(problem) } }
        return problems.count == meant.count ? problems.first : nil
    }

    private func eachLink(_ left: NodeSelector, _ right: NodeSelector, _ body: (NodeID) -> Void) -> String? {
        for chosen in [left, right] where chosen.nodes(of: plan.topology.nodes).isEmpty {
            return chosen.unknown(among: plan.topology.nodes)
        }
        let edges = TopologyLinks.between(left, right, plan.topology.nodes)
        guard !edges.isEmpty else {
            return "there is no link between \(left) and \(right): links join edges and their hub"
        }
        if let direct = edges.first(where: \.link.isDirect) {
            return "the link of \(direct.name) is direct, and cannot be cut or changed: take 'direct' out of its "
                + "description (\(plan.topology.source.path)), and start the cluster again"
        }
        for edge in edges { body(edge.name) }
        changed()
        return nil
    }

    /// How all nodes stand.
    var status: [NodeStatus] {
        nodes.map { node in
            NodeStatus(
                name: node.name,
                role: node.description.role,
                phase: node.life.phase,
                process: node.process,
                uptime: node.life.upSince.map { clock.now - $0 },
                anonymousKibibytes: node.process.flatMap { Spawner.anonymousKibibytes(of: $0) },
                restarts: node.life.restarts,
                beatsSent: node.formerBeats.sent + node.beats.sent,
                beatsAcknowledged: node.formerBeats.acknowledged + node.beats.acknowledged,
                isCut: links.isCut(node.name),
                labels: node.description.labels,
                lastWarning: node.lastWarning?.words
            )
        }
    }
}
