package import MeshCore

/// When a node asks for its next certificate.
///
///     fresh ──half of its life, drawn within a tenth──▶ due ──asked, in vain──▶ due again after a pause
///                                                        └──its end passed──▶ over: home by the old key, within grace
///
/// Pure: the driver asks for the step, sleeps until its time, and reports what came of it.
package struct CertificateRenewal: Hashable, Sendable {
    /// What to do next.
    package enum Step: Hashable, Sendable {
        /// Wait until then; the wall clock may jump, so look again at least as often as ``longestWait``.
        case wait(until: WallTime)
        /// Ask over the tunnel.
        case renew
        /// The certificate has ended: ask the listener for enrolment, by the old key.
        case comeHome
        /// The grace period is over as well: a new token is needed.
        case enrolAgain
    }

    /// From when until when the certificate is used: without the time for which it counts before it was issued.
    private let use: ValidityPeriod
    private let grace: Duration
    private let due: WallTime
    private var attempts = 0
    private var next: WallTime

    /// The schedule of a certificate of `validity`, which a hub takes home until `grace` after its end.
    package init(
        validity: ValidityPeriod,
        grace: Duration = standardGrace,
        backdating: Duration = .seconds(300),
        using generator: inout some RandomNumberGenerator
    ) {
        // Authorities let certificates begin a little before they are issued, because clocks differ: of a life of
        // seconds that would be nearly all.
        let issued = validity.notBefore.moved(by: backdating)
        let use = ValidityPeriod(
            notBefore: issued < validity.notAfter ? issued : validity.notBefore,
            notAfter: validity.notAfter
        )
        self.use = use
        self.grace = grace
        // Within a tenth of the life around its middle, so that devices enrolled together do not come together.
        let life = use.notAfter.since(use.notBefore)
        let tenth = Int(max(1, life.milliseconds / 10))
        let early = tenth / 2
        let offset = Int64(generator.integer(below: tenth + 1) - early)
        due = use.middle.moved(by: .milliseconds(offset))
        next = due
    }

    /// When the first try is due.
    package var firstTry: WallTime { due }

    /// What to do at `now`.
    package func step(now: WallTime) -> Step {
        let end = use.notAfter
        guard now <= end.moved(by: grace) else { return .enrolAgain }
        guard now >= next else { return .wait(until: now <= end ? min(next, end.moved(by: .seconds(1))) : next) }
        return now <= end ? .renew : .comeHome
    }

    /// A try has brought nothing; the next one comes after a pause that doubles, or after `hint` if that is longer.
    package mutating func failed(
        now: WallTime,
        retryAfter hint: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) {
        attempts = min(attempts + 1, Self.maximumDoublings)
        // Never more than a fortieth of the life, so that a certificate of seconds has its tries too.
        let life = use.notAfter.since(use.notBefore)
        // Behind its end there is no hurry, and whoever is asked may be the wrong one.
        let least: Duration = now > use.notAfter ? .seconds(5) : .milliseconds(50)
        let ceiling = min(Self.longestPause, max(least, life / 40))
        let pause = min(ceiling, Self.firstPause * (1 << (attempts - 1)))
        let drawn = Duration.milliseconds(Int64(generator.integer(in: 0...Int(pause.milliseconds))))
        next = now.moved(by: max(max(pause / 2 + drawn / 2, .milliseconds(10)), hint ?? .zero))
    }

    /// How long after its end a certificate brings its device home.
    package static let standardGrace = Duration.seconds(30 * 86_400)

    /// The clock of a device is looked at again at least as often as this.
    package static let longestWait = Duration.seconds(3_600)

    private static let firstPause = Duration.seconds(5)
    private static let longestPause = Duration.seconds(3_600)
    private static let maximumDoublings = 16
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
