/// Whom a listener serves, on the loop's thread.
package protocol StreamListenerOwner: AnyObject {
    /// A connection came: set its owner in here, or close it.
    func accepted(_ socket: StreamSocket)

    /// The machine has no room for another connection: accepting pauses, and begins again by itself.
    func acceptingPaused(_ error: IOError)
}
