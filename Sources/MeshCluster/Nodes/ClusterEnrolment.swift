internal import MeshCertificates
internal import MeshCore
internal import MeshIO
internal import MeshIdentity
internal import MeshNode
internal import MeshTopology

/// Gets edges of a cluster their first certificates: a token for each, and the hub's answer to it.
struct ClusterEnrolment: Sendable {
    let plan: ClusterPlan
    let hubAt: SocketAddress
    let loop: EventLoop
    let clock: any Clock

    /// Gives certificates to those of `names` that have none, several at a time, and hands on each that has one.
    func enrol(_ names: [NodeID], done: @escaping @Sendable (NodeID) async -> Void) async throws {
        let authority = HubFolder(path: plan.folder(of: plan.hub.name)).authority
        let fingerprint = try authority.certificate().fingerprint
        let key = try authority.tokenKey(makeIfMissing: false)
        try await withThrowingTaskGroup(of: NodeID.self) { group in
            var running = 0
            for name in names {
                let folder = CredentialFolder(path: plan.folder(of: name))
                guard !folder.isInUse else {
                    await done(name)
                    continue
                }
                if running == Limits.Cluster.enrolmentsAtATime, let finished = try await group.next() {
                    running -= 1
                    await done(finished)
                }
                running += 1
                group.addTask {
                    let token = EnrolmentToken(try claims(of: name, fingerprint), key: key)
                    let enrolment = DeviceEnrolment(folder: folder, loop: loop, clock: clock, patience: .seconds(20))
                    do throws(DeviceEnrolmentError) {
                        _ = try await enrolment.enrol(token: token.text, name: name, at: hubAt)
                    } catch {
                        throw ClusterError(.notReady, "\(name) gets no certificate: \(error.message)", cause: error)
                    }
                    return name
                }
            }
            while let finished = try await group.next() { await done(finished) }
        }
    }

    private func claims(of name: NodeID, _ authority: SHA256Digest) throws -> EnrolmentClaims {
        guard let tenant = ClusterPlan.tenant else { throw ClusterError(.failed, "there is no tenant") }
        // Drawn by the machine: nobody guesses a token.
        var generator = SystemRandomNumberGenerator()
        return try EnrolmentClaims(
            tenant: tenant,
            role: .edge,
            node: name,
            issued: clock.wallTime,
            life: Limits.Enrolment.maximumTokenLife,
            tokenID: UniqueID(high: generator.next(), low: generator.next()),
            authority: authority
        )
    }
}
