/// A first-in first-out queue that refuses what it has no room for.
///
/// A ring over one allocation that grows by doubling up to the bound and is then reused for ever. Whoever appends must
/// decide what a refusal means (drop, refuse, close): the queue never drops on its own.
///
/// Public, so that its generic code is specialised in other modules: docs/decisions/0009-actor-runtime.md.
public struct BoundedQueue<Element> {
    private var ring: [Element?] = []
    private var head = 0

    /// The most elements that the queue holds.
    public let capacity: Int

    /// The number of elements waiting.
    public private(set) var count = 0

    /// An empty queue for at most `capacity` elements.
    public init(capacity: Int) {
        precondition(capacity > 0, "a queue without room would refuse everything")
        self.capacity = capacity
    }

    /// Whether nothing waits.
    public var isEmpty: Bool { count == 0 }

    /// Whether the next ``append(_:)`` is refused.
    public var isFull: Bool { count == capacity }

    /// The element that ``popFirst()`` would return.
    public var first: Element? { isEmpty ? nil : ring[head] }

    /// Takes `element` in at the end, or returns false and leaves the queue as it was.
    public mutating func append(_ element: Element) -> Bool {
        guard !isFull else { return false }
        if count == ring.count { grow() }
        ring[position(count)] = element
        count += 1
        return true
    }

    /// Takes the oldest element out.
    public mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = ring[head].take()
        head = position(1)
        count -= 1
        return element
    }

    /// All that waits, the oldest first.
    public var elements: [Element] { (0..<count).compactMap { ring[position($0)] } }

    private func position(_ offset: Int) -> Int {
        let position = head + offset
        return position < ring.count ? position : position - ring.count
    }

    private mutating func grow() {
        let room = min(capacity, max(Self.firstRoom, ring.count * 2))
        var larger: [Element?] = []
        larger.reserveCapacity(room)
        for offset in 0..<count { larger.append(ring[position(offset)]) }
        larger.append(contentsOf: repeatElement(nil, count: room - count))
        ring = larger
        head = 0
    }

    private static var firstRoom: Int { 8 }
}

extension BoundedQueue: Sendable where Element: Sendable {}
