internal import CMeshSockets

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Hashable, Sendable {
    /// The set as bits.
    package let rawValue: UInt8

    /// The set of these bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// There is something to read, or to accept.
    package static let readable = Readiness(rawValue: 1)

    /// There is room to write.
    package static let writable = Readiness(rawValue: 2)

    /// The other side will send nothing more.
    package static let readClosed = Readiness(rawValue: 4)

    /// An error waits, or both directions have ended; the next call says which.
    package static let failed = Readiness(rawValue: 8)

    /// Asked for, never told: to be told once of each change, and not with each turn while the reason for it stays.
    ///
    /// Who asks so reads and writes until there is nothing more, or remembers that there is. The first telling comes
    /// for what is so when the watch begins.
    package static let changesOnly = Readiness(rawValue: 16)

    init(events: UInt32) {
        self = []
        if events & EPOLLIN.rawValue != 0 { insert(.readable) }
        if events & EPOLLOUT.rawValue != 0 { insert(.writable) }
        if events & EPOLLRDHUP.rawValue != 0 { insert(.readClosed) }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { insert(.failed) }
    }

    var events: UInt32 {
        (contains(.readable) ? EPOLLIN.rawValue : 0) | (contains(.writable) ? EPOLLOUT.rawValue : 0)
            | (contains(.readClosed) ? EPOLLRDHUP.rawValue : 0)
            | (contains(.changesOnly) ? EPOLLET.rawValue : 0)
    }
}

/// Who is told that its descriptor is ready, on the loop's thread.
///
/// Readiness is a level: it comes again with each turn until the reason for it is gone. Where
/// ``Readiness/changesOnly`` was asked for it comes once, with everything that is so at that time.
package protocol LoopHandler: AnyObject {
    /// The descriptor is ready for something that was asked for, or has failed.
    func ready(_ readiness: Readiness)
}

/// A descriptor that a loop watches; the proof that one may change that.
package struct LoopRegistration: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32

    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(token: UInt64) {
        slot = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }
}

/// The handlers of a loop by slot.
///
/// A slot's generation changes with each use, so that an event fetched before its handler left finds nobody, even where
/// the slot has a new owner. There are never more slots than the system allows descriptors.
struct LoopRegistrations {
    private struct Slot {
        var generation: UInt32
        var descriptor: Int32
        var handler: (any LoopHandler)?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []

    mutating func add(_ descriptor: Int32, _ handler: any LoopHandler) -> LoopRegistration {
        guard let slot = free.popLast() else {
            slots.append(Slot(generation: 1, descriptor: descriptor, handler: handler))
            return LoopRegistration(slot: UInt32(slots.count - 1), generation: 1)
        }
        // Never 0, which is the token of the loop's own descriptor.
        let generation = max(1, slots[Int(slot)].generation &+ 1)
        slots[Int(slot)] = Slot(generation: generation, descriptor: descriptor, handler: handler)
        return LoopRegistration(slot: slot, generation: generation)
    }

    mutating func remove(_ registration: LoopRegistration) {
        guard handler(of: registration) != nil else { return }
        slots[Int(registration.slot)].handler = nil
        free.append(registration.slot)
    }

    func handler(of registration: LoopRegistration) -> (any LoopHandler)? {
        guard registration.slot < slots.count, slots[Int(registration.slot)].generation == registration.generation
        else { return nil }
        return slots[Int(registration.slot)].handler
    }

    func descriptor(of registration: LoopRegistration) -> Int32? {
        handler(of: registration) == nil ? nil : slots[Int(registration.slot)].descriptor
    }

    mutating func removeAll() {
        for index in slots.indices where slots[index].handler != nil {
            remove(LoopRegistration(slot: UInt32(index), generation: slots[index].generation))
        }
    }
}
