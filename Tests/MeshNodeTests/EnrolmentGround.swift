import Glibc
import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshIdentity
import MeshNode
import MeshQUIC
import MeshTestKit
import MeshWire
import Testing

/// A clock whose calendar is off by what a test says.
final class ShiftedClock: MeshCore.Clock {
    private let base: MachineClock
    private let shift: Lock<Int64>

    init(_ base: MachineClock, by shift: Duration = .zero) {
        self.base = base
        self.shift = Lock(shift.components.seconds * 1_000)
    }

    func move(by duration: Duration) { shift.withLock { $0 += duration.components.seconds * 1_000 } }

    var now: Instant { base.now }

    var wallTime: WallTime {
        WallTime(millisecondsSince1970: base.wallTime.millisecondsSince1970 + shift.withLock { $0 })
    }

    func sleep(until deadline: Instant) async throws(CancellationError) { try await base.sleep(until: deadline) }
}

/// A folder that is gone with the test.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/mesh-enrolment-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        var process: pid_t = 0
        let words: [String] = ["/bin/rm", "-r", path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        posix_spawn(&process, "/bin/rm", nil, nil, &arguments, nil)
        waitpid(process, nil, 0)
        for argument in arguments { free(argument) }
    }
}

/// A hub that enrols: its authority, its actors, its office and its listener, all of them real.
struct EnrolmentGround: Sendable {
    let scratch: Scratch
    let loop: EventLoop
    /// The hub's clock; a device has ``deviceClock``.
    let clock: ShiftedClock
    let deviceClock: ShiftedClock
    let authority: AuthorityFolder
    let node: ActorNode
    let office: EnrolmentOffice
    let revocations: RevocationOffice
    let admission: AdmissionVerifier
    let listener: EnrolmentListener
    let hub: NodeCredentials
    let cuts: Lock<Int>
    let sink: VolatileLogSink
    /// The links that tests have opened, the newest last.
    let links = Lock<[(number: UInt64, keyID: SHA256Digest)]>([])

    struct Options: Sendable {
        var certificateLife = Duration.seconds(86_400)
        var grace = Duration.seconds(7_200)
        /// Whose authority the hub's own certificate is of; the office's where nil.
        var shownAuthority: CertificateAuthority?
        var issuer: (@Sendable (AuthorityFolder) throws -> any CertificateIssuer)?
        /// What the listener shows, made of the hub's credentials.
        var show: @Sendable (NodeCredentials, WallTime) throws -> NodeCredentials = { try $0.showingAuthority(now: $1) }
        var hubClockOff = Duration.zero
        var journal: VolatileJournal?
        var scratch: Scratch?
    }

    /// Runs `body` while the hub runs, and ends everything behind it.
    static func run(
        _ options: Options = Options(),
        _ body: @escaping @Sendable (EnrolmentGround) async throws -> Void
    ) async throws {
        let loop = try EventLoop.start(name: "enrolment")
        defer { loop.stop() }
        let ground = try await make(options, loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await ground.node.run() }
            group.addTask { await ground.listener.serve { await ground.office.answer($0) } }
            while !(await ground.listener.isServing()) {}
            do { try await body(ground) } catch {
                await ground.listener.close()
                throw error
            }
            group.cancelAll()
        }
        await ground.listener.close()
    }

    private static func make(_ options: Options, _ loop: EventLoop) async throws -> EnrolmentGround {
        let scratch = options.scratch ?? Scratch()
        let machine = MachineClock(loop: loop)
        let clock = ShiftedClock(machine, by: options.hubClockOff)
        let authority = AuthorityFolder(path: "\(scratch.path)/ca")
        if !CertificatesOnDisk.exists(authority.certificatePath) {
            try authority.create { () throws(CertificateError) in
                // A week old, so that what it issued may have expired.
                try .make(name: "Mesh CA", now: machine.wallTime.moved(by: .seconds(-7 * 86_400)))
            }
        }
        let signer = try options.shownAuthority ?? authority.open()
        let hub = try credentials(signer, now: clock.wallTime)
        let identity = hub.identity
        let sink = VolatileLogSink()
        let logger = Logger(sink: sink, clock: clock, minimumLevel: .debug)
        var configuration = EnrolmentConfiguration()
        configuration.certificateLife = options.certificateLife
        configuration.grace = options.grace
        let office = EnrolmentOffice(
            issuer: try options.issuer?(authority) ?? AuthorityIssuer(folder: authority),
            tokenKey: try authority.tokenKey(),
            configuration: configuration,
            clock: clock,
            logger: logger
        )
        let owner = Owner(node: identity.node, incarnation: clock.wallTime.millisecondsSince1970.magnitude)
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds,
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: options.journal ?? VolatileJournal(),
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: 5),
            logger: logger
        )
        let admission = try AdmissionVerifier(trust: try authority.trust())
        let cuts = Lock(0)
        let revocations = try RevocationOffice(node: node, admission: admission) { cuts.withLock { $0 += 1 } }
        office.open(on: node, named: identity.node, revocations: revocations)
        let listener = try await EnrolmentListener(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            credentials: try options.show(hub, clock.wallTime),
            verifier: try KnockVerifier(trust: try authority.trust(), grace: options.grace),
            clock: clock
        )
        return EnrolmentGround(
            scratch: scratch,
            loop: loop,
            clock: clock,
            deviceClock: ShiftedClock(machine),
            authority: authority,
            node: node,
            office: office,
            revocations: revocations,
            admission: admission,
            listener: listener,
            hub: hub,
            cuts: cuts,
            sink: sink
        )
    }

    /// What the hub shows, of `signer`.
    private static func credentials(_ signer: CertificateAuthority, now: WallTime) throws -> NodeCredentials {
        let identity = NodeIdentity(tenant: try TenantID("main"), role: .hub, node: try NodeID("hub-1"))
        let key = try KeyFile.make()
        let grant = try NodeGrant(identity: identity, life: .seconds(5 * 86_400))
        let certificate = try signer.issue(grant, key: key, now: now)
        return NodeCredentials(
            identity: identity,
            chain: [certificate.der],
            privateKey: key,
            trust: TrustAnchors(certificates: [signer.certificate.der]),
            validity: certificate.validity
        )
    }

    // MARK: Links

    /// A link of `peer` opens, and is judged; it is closed where that says so.
    @discardableResult
    func open(_ peer: PeerCertificate) async -> EnrolmentOffice.LinkVerdict {
        let number = note(peer)
        let verdict = await office.prove(number, peer)
        if case .isCut = verdict { office.links.closed(number) }
        return verdict
    }

    /// A link of `peer` opens, and nobody has judged it yet.
    @discardableResult
    func note(_ peer: PeerCertificate) -> UInt64 {
        let number = links.withLock { links in
            links.append((UInt64(links.count + 1), peer.keyID))
            return UInt64(links.count)
        }
        office.links.opened(number, peer)
        return number
    }

    /// All links of the key of `peer` end.
    func close(_ peer: PeerCertificate) {
        for link in links.withLock({ $0 }) where link.keyID == peer.keyID { office.links.closed(link.number) }
    }

    // MARK: Tokens and devices

    /// A token as `meshnode ca token` makes it.
    func token(
        _ role: NodeRole = .edge,
        of tenant: String = "acme",
        node: String? = nil,
        life: Duration = .seconds(600),
        issued offset: Duration = .zero,
        authority fingerprint: SHA256Digest? = nil,
        key: TokenKey? = nil
    ) throws -> String {
        var generator = SystemRandomNumberGenerator()
        let claims = try EnrolmentClaims(
            tenant: try TenantID(tenant),
            role: role,
            node: try node.map { try NodeID($0) },
            issued: MachineClock(loop: loop).wallTime.moved(by: offset),
            life: life,
            tokenID: UniqueID(high: generator.next(), low: generator.next()),
            authority: try fingerprint ?? authority.certificate().fingerprint
        )
        return EnrolmentToken(claims, key: try key ?? authority.tokenKey()).text
    }

    /// The enrolment of a device whose folder has that name.
    func device(_ folder: String = "laptop-7") -> DeviceEnrolment {
        DeviceEnrolment(
            folder: CredentialFolder(path: "\(scratch.path)/\(folder)"),
            loop: loop,
            clock: deviceClock,
            patience: .seconds(10)
        )
    }

    /// Enrols a device, as `meshnode enrol` does.
    @discardableResult
    func enrol(
        _ name: String? = "laptop-7",
        by token: String,
        folder: String = "laptop-7"
    ) async throws -> NodeCredentials {
        let node = try name.map { try NodeID($0) }
        let address = listener.localAddress
        return try await device(folder).enrol(token: token, name: node, at: address).credentials
    }

    /// What the hub answers to a request that a test has made itself.
    func ask(
        token: String?,
        as identity: NodeIdentity,
        request: [UInt8],
        credentials: NodeCredentials? = nil
    ) async throws -> EnrolmentAnswer {
        let message = EnrolmentRequest(
            token: token,
            identity: identity,
            certificateRequest: request,
            wallTime: deviceClock.wallTime
        )
        let bytes = try await EnrolmentClient.ask(
            message.wireBytes,
            at: listener.localAddress,
            credentials: credentials,
            verifier: PinnedAuthorityVerifier(fingerprint: try authority.certificate().fingerprint),
            patience: .seconds(10),
            loop: loop,
            clock: deviceClock
        )
        return try EnrolmentAnswer(wireBytes: bytes)
    }

    /// What TLS would say of the holder of `credentials`, by the verifier of the tunnels.
    func knock(_ credentials: NodeCredentials) throws(CertificateError) -> PeerCertificate {
        try admission.verify(chain: credentials.chain, purpose: .client, serverName: nil, now: clock.wallTime)
    }

    static func identity(
        _ node: String = "laptop-7",
        of tenant: String = "acme",
        _ role: NodeRole = .edge
    ) throws -> NodeIdentity {
        NodeIdentity(tenant: try TenantID(tenant), role: role, node: try NodeID(node))
    }
}

/// What lies in folders.
enum CertificatesOnDisk {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// The refusal in an error of a device, or in an answer.
func refusal(of error: (any Error)?) -> EnrolmentRefusal? {
    (error as? DeviceEnrolmentError)?.cause as? EnrolmentRefusal
}

func refusal(in answer: EnrolmentAnswer) -> EnrolmentRefusal? {
    if case .refused(let refusal) = answer { refusal } else { nil }
}

func issued(in answer: EnrolmentAnswer) -> IssuedIdentity? {
    if case .issued(let identity) = answer { identity } else { nil }
}
