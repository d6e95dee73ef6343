package import MeshCore

/// What a client is told once.
///
/// Nothing of it comes from the environment, not even a proxy.
package struct ClientConfiguration: Sendable {
    /// Connections to one server; further requests wait.
    package var connectionsPerHost = 16

    /// Connections in all.
    package var connections = 128

    /// Requests under way on one connection of HTTP/2.
    package var streamsPerConnection = 100

    /// Requests that wait for a place; a further one fails with `tooMany`.
    ///
    /// No more than ``Limits/HTTPClient/maximumWaiting``.
    package var waiting = Limits.HTTPClient.maximumWaiting

    /// Whether HTTP/2 is spoken where a server offers it over TLS.
    package var prefersHTTP2 = true

    /// What `user-agent` says where a request does not.
    package var userAgent = "meshnode"

    /// Whether a request says the trace of its caller (`traceparent`), where it says none itself.
    ///
    /// Off: by it a provider could tell which of its requests were made for one of ours, of several providers together.
    package var sendsTrace = false

    /// Whom to believe.
    package var trust = ClientTrust.system

    /// Who we are, for servers that ask for a certificate.
    package var identity: ClientIdentity?

    /// Through whom all requests go.
    package var proxy: ClientProxy?

    /// How long to wait for what, where a request does not say.
    package var timeouts = ClientTimeouts()

    /// The defaults.
    package init() {}
}

/// Whose certificates are believed.
///
/// There is no way to believe all.
package enum ClientTrust: Hashable, Sendable {
    /// Those that the system believes.
    case system

    /// Those of these authorities (PEM) and of nobody else.
    case authorities(pem: [UInt8])
}

/// A certificate of ours, and its key.
package struct ClientIdentity: Sendable {
    /// The certificate and what lies between it and a root, in PEM.
    package let certificates: [UInt8]

    /// The key, in PEM.
    package let key: PrivateKey

    /// The holder of `key`.
    package init(certificates: [UInt8], key: PrivateKey) {
        self.certificates = certificates
        self.key = key
    }
}

/// A proxy of HTTP: asked for tunnels (CONNECT) to servers of https, and for all else itself.
package struct ClientProxy: Hashable, Sendable {
    /// Where it is.
    ///
    /// It is spoken to in the clear, so only over `http`.
    package let origin: ClientOrigin

    /// The proxy at `host`; throws `malformed` where that is no host.
    package init(host: String, port: UInt16) throws(HTTPError) {
        origin = try ClientOrigin(scheme: .http, host: host, port: port)
    }
}
