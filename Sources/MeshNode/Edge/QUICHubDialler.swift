internal import MeshActors
internal import MeshCore
package import MeshIO
package import MeshQUIC
package import MeshTunnel
internal import MeshWire

/// Makes a tunnel's links over QUIC.
package struct QUICHubDialler: HubDialler {
    private let transport: QUICTransport
    private let links: EdgeLinks
    private let addresses: LocalAddresses?

    /// Dials by `transport`, whose observer is `links`; without `addresses`, they never change.
    package init(transport: QUICTransport, links: EdgeLinks, addresses: LocalAddresses?) {
        self.transport = transport
        self.links = links
        self.addresses = addresses
    }

    /// Makes a link; an older one to the same hub stays until it is retired.
    package func dial(_ target: HubTarget) async throws(DialError) -> any HubLink {
        let peer: LinkPeer
        do throws(QUICError) {
            let places = target.endpoints.map { SocketAddress($0) }
            peer = try await transport.connect(toOneOf: places, serverName: target.serverName, keepingOlder: true)
        } catch {
            throw DialError(error)
        }
        return QUICHubLink(peer, of: transport, events: links.events(of: peer.link))
    }

    /// Waits for the machine's addresses to change.
    package func addressesChanged() async {
        guard let addresses else {
            // Never opened: it ends when this task is cancelled.
            _ = try? await OneShot<Done>().wait()
            return
        }
        await addresses.nextChange()
    }

    /// Goes on from a fresh port of whatever addresses there are now.
    package func migrate() async -> Bool {
        let everywhere: SocketAddress =
            switch transport.localAddress.family {
            case .ipv4: .anyIPv4(port: 0)
            case .ipv6: .anyIPv6(port: 0)
            }
        return (try? await transport.migrate(to: everywhere)) != nil
    }
}

extension DialError {
    /// What the end of an attempt means for the next one.
    fileprivate init(_ error: QUICError) {
        guard let reason = error.cause as? CloseReason else {
            switch error.code {
            case .credentialsUnusable: self.init(.credentialsUnusable, error.message)
            case .stopping: self.init(.stopping, error.message)
            case .connectionClosed, .busy, .pathNotConfirmed, .libraryFailed: self.init(.unreachable, error.message)
            }
            return
        }
        let code = Self.code(of: reason.kind)
        // What nobody has proved to say is no reason to stay away for long.
        let isLasting = code == .notAuthenticated || code == .incompatible
        self.init(
            isLasting && !reason.isProven ? .unreachable : code,
            reason.kind == .alert(120) ? Self.wrongPort : reason.description,
            retryAfter: reason.retryAfter
        )
    }

    private static let wrongPort =
        "no tunnel is spoken there: is it the hub's port for enrolment (7412) in place of the one for edges (7411), or "
        + "a hub of another version?"

    private static func code(of kind: CloseReason.Kind) -> DialErrorCode {
        switch kind {
        // No common application protocol is a difference of versions; every other alert is about who is who.
        case .alert(120): .incompatible
        case .alert: .notAuthenticated
        case .application(UInt64(PeerErrorCode.incompatibleVersion.rawValue)): .incompatible
        case .application(UInt64(PeerErrorCode.protocolViolation.rawValue)): .notAuthenticated
        // CONNECTION_REFUSED (RFC 9000 §20.1), and what a hub closes with that is overloaded.
        case .transport(2), .application: .refused
        case .transport, .idle, .handshakeTimeout, .statelessReset, .abandoned: .unreachable
        }
    }
}
