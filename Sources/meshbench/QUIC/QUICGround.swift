internal import CMeshAllocations
internal import Glibc
internal import MeshCertificates
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// What every figure of QUIC stands on: two loops, an authority made for the run, a hub and an edge.
struct QUICGround: Sendable {
    let near: EventLoop
    let far: EventLoop
    let clock: MachineClock
    let verifier: CertificateVerifier
    let hub: NodeCredentials
    let edge: NodeCredentials

    /// On the loops of `baseline`, so that nothing but the protocol differs.
    init(on baseline: UDPBaseline) throws {
        near = baseline.near
        far = baseline.far
        clock = MachineClock(loop: far)
        let folder = try BenchAuthority(now: clock.wallTime)
        verifier = try CertificateVerifier(trust: folder.trust)
        hub = try folder.credentials(.hub, "bench-hub")
        edge = try folder.credentials(.edge, "bench-edge")
    }

    /// How both sides are configured: idle connections stay for the length of a run.
    var configuration: QUICConfiguration {
        var configuration = QUICConfiguration()
        configuration.idleTimeout = .seconds(600)
        configuration.streamWindow = 8 * 1_024 * 1_024
        configuration.connectionWindow = 16 * 1_024 * 1_024
        return configuration
    }

    static let serverName = ServerName.dns("localhost")

    /// Runs `body` and says what it cost the threads of both loops.
    func costs<Value>(of body: () async throws -> Value) async throws -> (value: Value, near: LoopCost, far: LoopCost) {
        let before = (try await LoopCost(of: near), try await LoopCost(of: far))
        let value = try await body()
        let after = (try await LoopCost(of: near), try await LoopCost(of: far))
        return (value, after.0 - before.0, after.1 - before.1)
    }
}

/// What the thread of a loop has used.
struct LoopCost {
    /// Processor time in microseconds.
    let time: Double
    /// Memory asked for, so many times.
    let allocations: Double

    private init(time: Double, allocations: Double) {
        self.time = time
        self.allocations = allocations
    }

    /// Since the loop began.
    init(of loop: EventLoop) async throws {
        self = try await loop.run {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            let microseconds = Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
            return LoopCost(time: microseconds, allocations: Double(cmesh_allocation_count()))
        }
    }

    static func - (later: LoopCost, earlier: LoopCost) -> LoopCost {
        LoopCost(time: later.time - earlier.time, allocations: later.allocations - earlier.allocations)
    }

    static func / (cost: LoopCost, count: Double) -> LoopCost {
        LoopCost(time: cost.time / count, allocations: cost.allocations / count)
    }
}

/// An authority for one run, whose keys never leave the process unless a child is to have them.
struct BenchAuthority {
    private let authority: CertificateAuthority
    private let now: WallTime

    init(now: WallTime) throws {
        self.now = now
        authority = try CertificateAuthority.make(name: "a benchmark", now: now)
    }

    var trust: TrustAnchors { TrustAnchors(certificates: [authority.certificate.der]) }

    func credentials(_ role: NodeRole, _ name: String) throws -> NodeCredentials {
        let (certificate, key) = try issue(role, name)
        return NodeCredentials(
            identity: try Self.identity(role, name),
            chain: [certificate.der],
            privateKey: key,
            trust: trust,
            validity: certificate.validity
        )
    }

    /// Writes the credentials into `folder`, for a process of its own.
    func write(_ role: NodeRole, _ name: String, to folder: String) throws {
        let (certificate, key) = try issue(role, name)
        try IssuedFolder(path: folder).create(certificate, key: key, authority: authority.certificate)
    }

    private func issue(_ role: NodeRole, _ name: String) throws -> (Certificate, PrivateKey) {
        let key = try KeyFile.make(.p256)
        let grant = try NodeGrant(
            identity: try Self.identity(role, name),
            dnsNames: role == .hub ? ["localhost"] : [],
            life: .seconds(86_400)
        )
        return (try authority.issue(grant, key: key, now: now), key)
    }

    private static func identity(_ role: NodeRole, _ name: String) throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID("bench"), role: role, node: try NodeID(name))
    }
}
