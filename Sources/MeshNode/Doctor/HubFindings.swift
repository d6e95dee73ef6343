internal import MeshAPI
package import MeshCore
package import MeshIO

/// What was found on the way to one hub: its name, its datagrams, its handshake, its clock.
package struct HubFindings: Sendable {
    /// How the configuration names it.
    package let hub: String
    /// Where the name leads.
    package var name: NameOutcome
    /// How far datagrams come at its best address.
    package var reach: Reach?
    /// What came of a handshake.
    package var handshake: Handshake

    /// Where a name leads.
    package enum NameOutcome: Hashable, Sendable {
        /// It is an address.
        case address
        /// To so many addresses, by so many announcements (SRV), after so long.
        case found(addresses: Int, announcements: Int, after: Duration)
        /// Nowhere; with the resolver's words.
        case notFound(String)
        /// Nobody knows: no name server has answered.
        case unanswered(String, after: Duration)
    }

    /// How far datagrams come, and where to.
    package struct Reach: Hashable, Sendable {
        /// The address.
        package let address: SocketAddress
        /// How far.
        package let outcome: DatagramReach

        /// What was found.
        package init(address: SocketAddress, outcome: DatagramReach) {
            self.address = address
            self.outcome = outcome
        }
    }

    /// What came of a handshake.
    package enum Handshake: Sendable {
        /// None was tried; the words say why.
        case notTried(String)
        /// The hub of this name has said hello after so long, and its clock was compared or not.
        case opened(NodeID, after: Duration, clock: ClockDifference?)
        /// We do not believe the hub.
        case notBelieved(CertificateError)
        /// The hub refuses us, in its words.
        case refused(String)
        /// It has not come to an end.
        case failed(String)
    }

    /// These findings.
    package init(hub: String, name: NameOutcome, reach: Reach? = nil, handshake: Handshake) {
        self.hub = hub
        self.name = name
        self.reach = reach
        self.handshake = handshake
    }

    /// What is to be thought of them.
    package var checks: [DoctorCheck] { [nameCheck, reachCheck, handshakeCheck, clockCheck] }

    /// What is to be thought of the way to all of an edge's hubs: where one takes it, the others are no failure.
    package static func checks(of hubs: [HubFindings]) -> [DoctorCheck] {
        let isTaken = hubs.contains { if case .opened = $0.handshake { true } else { false } }
        return hubs.flatMap(\.checks).map { check in
            guard isTaken, check.status == .failure, check.name != clockName else { return check }
            return DoctorCheck(check.name, .warning, check.detail, advice: check.advice)
        }
    }

    private var nameCheck: DoctorCheck {
        let check = "hub.name"
        switch name {
        case .address: return DoctorCheck(check, .ok, "\(hub) is an address, no name is asked for")
        case .found(let addresses, let announcements, let time):
            let srv = announcements > 0 ? " by \(announcements) announcements (SRV)" : ""
            let count = "\(addresses) \(addresses == 1 ? "address" : "addresses")"
            let words = "\(hub) leads to \(count)\(srv), after \(time.shortText)"
            guard time > Self.slowName else { return DoctorCheck(check, .ok, words) }
            return DoctorCheck(
                check,
                .warning,
                words,
                advice: "See to this machine's name servers: the first of them may be silent (/etc/resolv.conf)"
            )
        case .notFound(let words):
            return DoctorCheck(
                check,
                .failure,
                "\(hub): \(words)",
                advice: "See to the spelling (--hub), or have the name announced"
            )
        case .unanswered(let words, let time):
            return DoctorCheck(
                check,
                .failure,
                "\(hub): \(words), after \(time.shortText)",
                advice: "See to this machine's name servers and its network (/etc/resolv.conf)"
            )
        }
    }

    private var reachCheck: DoctorCheck {
        let check = "hub.datagrams"
        guard let reach else { return DoctorCheck(check, .skipped, "there is no address to send datagrams to") }
        let place = "\(reach.address) (UDP)"
        switch reach.outcome {
        case .answered(let time, true):
            return DoctorCheck(check, .ok, "\(place) answers with QUIC after \(time.shortText)")
        case .answered(_, false):
            return DoctorCheck(
                check,
                .failure,
                "\(place) answers with QUIC, but not of version 1",
                advice: "See whether the address and the port are a hub's (--hub)"
            )
        case .foreign:
            return DoctorCheck(
                check,
                .failure,
                "\(place) answers, and not with QUIC: it is something else than a hub",
                advice: "See to the address and the port (--hub)"
            )
        case .closed:
            return DoctorCheck(
                check,
                .failure,
                "the machine is there, and nobody listens at \(place)",
                advice: "Start the hub, or see to the port (--hub)"
            )
        case .silent:
            return DoctorCheck(
                check,
                .failure,
                "nothing comes back from \(place)",
                advice: "See whether the machine is up, and whether a firewall on the way lets UDP through"
            )
        case .noRoute(let words):
            return DoctorCheck(
                check,
                .failure,
                "there is no way to \(place): \(words)",
                advice: "See to this machine's network and its routes"
            )
        case .forbidden(let words):
            return DoctorCheck(
                check,
                .failure,
                "this machine does not let datagrams go to \(place): \(words)",
                advice: "See to its own firewall, or to the sandbox of this process"
            )
        }
    }

    private var handshakeCheck: DoctorCheck {
        let check = "hub.handshake"
        switch handshake {
        case .notTried(let words): return DoctorCheck(check, .skipped, words)
        case .opened(let node, let time, _):
            return DoctorCheck(check, .ok, "the hub '\(node.text)' has said hello after \(time.shortText)")
        case .notBelieved(let error):
            let isClock = error.code == .expired || error.code == .notYetValid
            return DoctorCheck(
                check,
                .failure,
                "the hub's certificate is not believed: \(error.message)",
                advice: isClock
                    ? "Set the clock that is wrong, this machine's or the hub's"
                    : "See whether it is the hub of this mesh; if it is, enrol again (meshnode enrol)"
            )
        case .refused(let words):
            return DoctorCheck(
                check,
                .failure,
                "the hub refuses this edge: \(words)",
                advice: "Ask the hub's operator; where the certificate counts no more, enrol again (meshnode enrol)"
            )
        case .failed(let words):
            return DoctorCheck(
                check,
                .failure,
                "the handshake has not come to its end: \(words)",
                advice: "Large datagrams may be lost on the way (MTU), or the hub may have too much to do"
            )
        }
    }

    private var clockCheck: DoctorCheck {
        guard case .opened(_, _, let difference?) = handshake else {
            return DoctorCheck(Self.clockName, .skipped, "the hub's clock could not be read")
        }
        return Self.clock(difference)
    }

    /// What is to be thought of two clocks.
    static func clock(_ difference: ClockDifference) -> DoctorCheck {
        let name = clockName
        let advice = "Set the one that is wrong"
        switch difference.verdict {
        case .agree:
            return DoctorCheck(
                name,
                .ok,
                "as the hub's, within \(max(difference.magnitude, .milliseconds(1)).shortText)"
            )
        case .apart: return DoctorCheck(name, .warning, "\(difference)", advice: advice)
        case .wrong: return DoctorCheck(name, .failure, "\(difference)", advice: advice)
        }
    }

    private static let clockName = "clock.hub"
    private static let slowName = Duration.seconds(2)
}
