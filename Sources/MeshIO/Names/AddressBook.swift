internal import CMeshSockets
package import MeshCore

/// The addresses of this machine, as far as the kernel has told of them: what it says again is no change.
package struct AddressBook {
    /// An address on a link.
    package struct Entry: Hashable, Sendable {
        /// The address.
        package let address: IPAddress
        /// The number of the link.
        package let link: UInt32

        /// `address` on `link`.
        package init(address: IPAddress, link: UInt32) {
            self.address = address
            self.link = link
        }
    }

    /// What the kernel says.
    package enum Message: Hashable, Sendable {
        /// A route has come or gone.
        case route
        /// An address is there; not yet usable while the kernel looks for a second owner of it.
        case present(Entry, isUsable: Bool, isKnown: Bool)
        /// An address is no longer there.
        case gone(Entry)
    }

    private var usable: Set<Entry> = []

    /// Nothing is known yet.
    package init() {}

    /// Takes a message up; true where something has changed for those who send and receive.
    package mutating func apply(_ message: Message) -> Bool {
        switch message {
        case .route: return true
        case .present(let entry, isUsable: true, let isKnown):
            guard !usable.contains(entry) else { return false }
            if usable.count < Limits.Names.maximumLocalAddresses { usable.insert(entry) }
            return !isKnown
        case .present(let entry, isUsable: false, _): return usable.remove(entry) != nil
        case .gone(let entry):
            return usable.remove(entry) != nil || usable.count == Limits.Names.maximumLocalAddresses
        }
    }

    /// Messages were lost: what is there is to be heard again.
    package mutating func forget() { usable = [] }
}

extension AddressBook.Message {
    init?(_ change: cmesh_address_change) {
        if Int(change.kind) == cmesh_route_changed {
            self = .route
            return
        }
        let count = Int32(change.family) == AF_INET ? 4 : 16
        let bytes = withUnsafeBytes(of: change.bytes) { Array($0.prefix(count)) }
        guard let address = IPAddress(bytes: bytes) else { return nil }
        let entry = AddressBook.Entry(address: address, link: change.link)
        self =
            Int(change.kind) == cmesh_address_gone
            ? .gone(entry) : .present(entry, isUsable: change.is_usable, isKnown: change.is_known)
    }
}
