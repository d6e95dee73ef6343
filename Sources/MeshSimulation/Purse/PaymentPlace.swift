package import MeshActors

/// The event that asked for a payment: the head of its entry, and its number in it.
package struct PaymentPlace: Hashable, Sendable {
    /// The entry.
    package let head: Head

    /// Which of the entry's events, from 0.
    package let index: Int

    /// The event `index` of the entry at `head`.
    package init(head: Head, index: Int) {
        self.head = head
        self.index = index
    }
}
