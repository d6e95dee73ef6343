package import MeshCore

/// Requests that wait, taken in turns from those on whose behalf they come.
///
/// Who asks much waits behind himself. Pure.
package struct FairQueue<Element> {
    private var lines: [(tenant: TenantID, elements: [Element])] = []

    /// How many wait.
    package private(set) var count = 0

    /// An empty queue.
    package init() {}

    /// Adds an element at the end of its tenant's line; false where ``Limits/Inference/maximumWaiting`` wait.
    package mutating func append(_ element: Element, of tenant: TenantID) -> Bool {
        guard count < Limits.Inference.maximumWaiting else { return false }
        count += 1
        if let index = lines.firstIndex(where: { $0.tenant == tenant }) {
            lines[index].elements.append(element)
        } else {
            lines.append((tenant, [element]))
        }
        return true
    }

    /// Puts back what was taken and had to make room; never refused, for it was in already.
    package mutating func putBack(_ element: Element, of tenant: TenantID) {
        count += 1
        if let index = lines.firstIndex(where: { $0.tenant == tenant }) {
            lines[index].elements.insert(element, at: 0)
        } else {
            lines.insert((tenant, [element]), at: 0)
        }
    }

    /// Offers the first of each line, in the order of turns, until one is taken; its tenant's line comes last then.
    package mutating func takeFirst(where isTaken: (Element) -> Bool) -> Element? {
        for index in lines.indices where isTaken(lines[index].elements[0]) {
            var line = lines.remove(at: index)
            let element = line.elements.removeFirst()
            count -= 1
            if !line.elements.isEmpty { lines.append(line) }
            return element
        }
        return nil
    }

    /// Takes out all for which `isGone` says so.
    package mutating func remove(where isGone: (Element) -> Bool) -> [Element] {
        var gone: [Element] = []
        for index in lines.indices {
            lines[index].elements.removeAll { element in
                guard isGone(element) else { return false }
                gone.append(element)
                return true
            }
        }
        lines.removeAll { $0.elements.isEmpty }
        count -= gone.count
        return gone
    }

    /// All of them, in no order that means anything.
    package var all: [Element] { lines.flatMap(\.elements) }
}
