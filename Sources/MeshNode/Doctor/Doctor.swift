internal import Glibc
internal import MeshAPI
internal import MeshCertificates
package import MeshCore
package import MeshIO
internal import MeshTunnel

/// Looks at everything that a node stands on: before it starts, or while it runs.
///
/// What is read and what is thought of it are apart: each `…Findings` is a value with a rule, and beside it stands who
/// reads it. All are looked at side by side, each for a bounded time; nothing is changed but a small file that is
/// written to the node's folder and removed.
package enum Doctor {
    /// Looks, and returns within ``Limits/Doctor/patience`` and a little.
    ///
    /// An edge that does not run is looked at by going its way: a handshake with each hub, a hello and one beat, by its
    /// own certificate. Nothing of it is tried while a process runs on the folder: a second link would take the place
    /// of the first.
    package static func examine(
        _ subject: DoctorSubject,
        on loop: EventLoop,
        clock: any Clock
    ) async -> [DoctorCheck] {
        let own = getpid()
        var folder: FolderFindings?
        var parts: [Part] = [Part("configuration") { subject.configurationChecks }]
        parts.append(Part("clock") { await onThread { ClockFindings.read(clock).checks } })
        if let (role, node) = subject.node {
            // First: whether somebody runs on the folder says what may be tried.
            folder = await within(Limits.Doctor.folderPatience, clock) {
                await onThread { FolderFindings.read(node.data, role: role) }
            }
            parts += Self.parts(of: role, node, folder, own, clock)
            parts += Self.parts(of: subject, folder, own, loop, clock)
        }
        let role = subject.node?.role ?? .edge
        parts.append(
            Part("kernel") {
                let kernel = await KernelFindings.read(on: loop)
                let limits = await onThread { LimitFindings.read(role: role, socket: kernel.socket).checks }
                return kernel.checks + (limits ?? [])
            }
        )
        return await run(parts, clock)
    }

    /// What an edge and a hub have in common.
    private static func parts(
        of role: NodeRole,
        _ node: NodeSettings,
        _ folder: FolderFindings?,
        _ own: Int32,
        _ clock: any Clock
    ) -> [Part] {
        guard let folder else {
            return [Part("folder") { [hanging("folder", "'\(node.data)' does not answer")] }]
        }
        let disk = Part("disk") {
            await onThread {
                DiskFindings.read(node.data, role: role, isThere: folder.exists, clock: clock).checks
            }
        }
        return [Part("folder") { folder.checks(own: own) }, disk]
    }

    /// What each has of its own.
    private static func parts(
        of subject: DoctorSubject,
        _ folder: FolderFindings?,
        _ own: Int32,
        _ loop: EventLoop,
        _ clock: any Clock
    ) -> [Part] {
        switch subject.settings {
        case .wrong, .nothing: return []
        case .hub(let settings):
            let chat = Part("chat.engine") { await onThread { ChatFindings.read(settings.chat).checks } }
            return [certificates(settings, clock), ports(settings, folder?.holder, own, clock), chat]
        case .edge(let settings):
            return edge(settings, subject.life, folder, loop, clock)
        }
    }

    // MARK: Hubs

    private static func certificates(_ settings: HubSettings, _ clock: any Clock) -> Part {
        Part("certificate.authority") {
            await onThread {
                let (path, now) = (settings.node.data, clock.wallTime)
                let own = CertificateFindings.read(hub: path, isExternal: settings.issuer != nil, now: now)
                let site = settings.node.http.files.map { CertificateFindings.read(http: $0, now: now).checks }
                return own.checks + (site ?? [])
            }
        }
    }

    private static func ports(_ settings: HubSettings, _ node: Int32?, _ own: Int32, _ clock: any Clock) -> Part {
        Part("ports") {
            let resolver = SystemResolver(clock: clock, patience: Limits.Doctor.namePatience)
            let places: [(String, PortFindings.Kind, ListenAddress?)] = [
                ("hub.listen", .udp, settings.listen), ("hub.enrolListen", .udp, settings.enrolListen),
                ("http.listen", .tcp, settings.node.http.listen.address),
            ]
            var checks: [DoctorCheck] = []
            for (setting, kind, place) in places {
                // Port 0 is any free one: nothing to look at.
                guard let place, place.port != 0 else { continue }
                let address = try? await place.resolved(by: resolver)
                let findings = await onThread { PortFindings.read(setting, kind, address) }
                if let findings { checks.append(findings.check(node: node, own: own)) }
            }
            return checks
        }
    }

    // MARK: Edges

    private static func edge(
        _ settings: EdgeSettings,
        _ life: DoctorSubject.Life?,
        _ folder: FolderFindings?,
        _ loop: EventLoop,
        _ clock: any Clock
    ) -> [Part] {
        let path = settings.node.data
        let first = settings.hubs.first.map { "\($0.address)" } ?? "HOST"
        let site = Part("certificate.http") {
            guard let files = settings.node.http.files else { return [] }
            return await onThread { CertificateFindings.read(http: files, now: clock.wallTime).checks }
        }
        let certificate = Part("certificate") {
            await onThread { CertificateFindings.read(edge: path, hub: first, now: clock.wallTime).0.checks }
        }
        if let life { return [certificate, site, Part("hub") { running(life) }] }
        let hubs = Part("hub") {
            let found = await onThread { CertificateFindings.read(edge: path, hub: first, now: clock.wallTime).1 }
            let isHeld = folder?.isHeld ?? false
            let holder = folder?.holder.map { "process \($0)" } ?? "another process"
            let reader = HubReader(
                loop: loop,
                clock: clock,
                credentials: isHeld ? nil : found ?? nil,
                reason: isHeld
                    ? "\(holder) runs on the folder and keeps its tunnel" : "there is no certificate that counts now"
            )
            return HubFindings.checks(of: await reader.read(settings.hubs.map(\.address)))
        }
        return [certificate, site, hubs]
    }

    /// What a running edge knows of its hub.
    private static func running(_ life: DoctorSubject.Life) -> [DoctorCheck] {
        var checks: [DoctorCheck] = []
        if let tunnel = life.state.checks.first(where: { $0.name == .tunnelConnected }) {
            let advice = "See what `meshnode doctor` says of the way to the hub while the edge is stopped"
            checks.append(
                DoctorCheck(
                    "hub.tunnel",
                    tunnel.isPassing ? .ok : .failure,
                    "the tunnel is \(tunnel.detail)",
                    advice: tunnel.isPassing ? nil : advice
                )
            )
        }
        if let clock = life.clock { checks.append(HubFindings.clock(clock)) }
        return checks
    }

    // MARK: Side by side

    /// Something to look at; nil where no thread was to be had for it.
    private struct Part: Sendable {
        let name: String
        let look: @Sendable () async -> [DoctorCheck]?

        init(_ name: String, _ look: @escaping @Sendable () async -> [DoctorCheck]?) {
            self.name = name
            self.look = look
        }
    }

    private static func run(_ parts: [Part], _ clock: any Clock) async -> [DoctorCheck] {
        await withTaskGroup(of: (Int, [DoctorCheck]).self) { group in
            for (index, part) in parts.enumerated() {
                group.addTask {
                    let found = await within(Limits.Doctor.patience, clock) { await part.look() }
                    return (index, found ?? [hanging(part.name, "this has not come to an end")])
                }
            }
            var found: [Int: [DoctorCheck]] = [:]
            for await (index, checks) in group { found[index] = checks }
            return parts.indices.flatMap { found[$0] ?? [] }
        }
    }

    private static func hanging(_ name: String, _ words: String) -> DoctorCheck {
        let patience = Limits.Doctor.patience.shortText
        return DoctorCheck(name, .failure, "\(words) within \(patience): a disk or a server hangs")
    }

    /// What `work` returns, or nil where that takes longer than `patience`.
    static func within<Value: Sendable>(
        _ patience: Duration,
        _ clock: any Clock,
        _ work: @escaping @Sendable () async -> Value?
    ) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                try? await clock.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// What `work` returns that may block; a caller that is cancelled is let go, and the thread ends when it can.
    static func onThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
        await DoctorThreads.ofThisProcess.run(work)
    }
}
