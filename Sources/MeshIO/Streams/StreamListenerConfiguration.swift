/// How a listener is made.
package struct StreamListenerConfiguration: Sendable {
    /// Whether `[::]` serves IPv4 too.
    package var isDualStack = true

    /// Whether other listeners of this user may have the same address, so that the kernel spreads peers over them.
    package var isSharingPort = false

    /// Who the server is for its clients where connections are encrypted.
    package var identity: TLSIdentity?

    /// The defaults: plain TCP.
    package init() {}
}
