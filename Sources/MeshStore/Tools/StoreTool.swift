package import MeshActors
internal import MeshCore
internal import MeshWire

/// What can be done with a store that nobody has open: look at it, copy it, bring it back.
///
/// `verify` is ``StoreVerification``. Each function takes disks, so that whoever calls it decides about paths.
package enum StoreTool {
    /// The figures of a store.
    package struct Statistics: Hashable, Sendable {
        /// How often it has been opened.
        package let generation: UInt64

        /// Where its log begins and ends.
        package let first: LogPosition
        /// Where its log ends.
        package let end: LogPosition

        /// What a verification counted.
        package let counts: VerificationReport
    }

    /// Counts what is there.
    package static func statistics(_ disk: any Disk) throws(JournalError) -> Statistics {
        let report = StoreVerification.verify(disk)
        let log = try LogOpening(on: ReadOnlyDisk(disk), LogConfiguration(), mayChange: false)
        let end = log.anchor.first.advanced(by: Int(clamping: report.bytes))
        return Statistics(generation: log.anchor.generation, first: log.anchor.first, end: end, counts: report)
    }

    /// Copies the store to the empty `target`; the index is left out, being made again.
    ///
    /// The anchor comes last, when everything else is safe: what is cut short is no store.
    package static func copy(_ source: any Disk, to target: any Disk) throws(JournalError) {
        do throws(DiskError) {
            guard try target.names().isEmpty else { throw DiskError(.failed, "the target is not empty") }
            for name in try source.names() where Segment.position(in: name) != nil {
                try copy(try source.open(name, creating: false), to: try target.open(name, creating: true))
            }
            try target.syncFolder()
            let anchor = try source.open(AnchorFile.name, creating: false)
            try copy(anchor, to: try target.open(AnchorFile.name, creating: true))
            try target.syncFolder()
        } catch {
            let code: JournalErrorCode = error.code == .noSpace ? .readOnly : .unknownOutcome
            throw JournalError(code, "copying failed: \(error.message)", cause: error)
        }
    }

    private static func copy(_ source: any DiskFile, to target: any DiskFile) throws(DiskError) {
        var buffer = [UInt8](repeating: 0, count: 1_024 * 1_024)
        var offset = 0
        while true {
            let place = offset
            let count = try withBytes(&buffer) { bytes throws(DiskError) in
                let count = try source.read(into: bytes, at: place)
                try target.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: place)
                return count
            }
            if count == 0 { break }
            offset += count
        }
        try target.sync()
    }

    /// Hands a line for each record of the log to `line`, oldest first; of one actor only where `address` names it.
    package static func dump(
        _ disk: any Disk,
        of address: ActorAddress? = nil,
        line: (String) throws(JournalError) -> Void
    ) throws(JournalError) {
        let log = try LogOpening(on: ReadOnlyDisk(disk), LogConfiguration(), mayChange: false)
        _ = try log.replay(
            from: nil,
            restarting: {},
            boundary: { _ in },
            visitor: { scanned throws(JournalError) in
                guard address == nil || scanned.head.address == address else { return }
                try line(describe(scanned))
            }
        )
    }

    /// A key is any text: nothing of it shall move a terminal's cursor or look like another line.
    private static func escaped(_ address: ActorAddress) -> String {
        let text = String(describing: address)
        let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        return isPlain ? text : text.debugDescription
    }

    private static func describe(_ scanned: ScannedRecord) -> String {
        let head = scanned.head
        let place = "\(scanned.position) \(escaped(head.address)) \(head.head.rawValue) epoch \(head.epoch.rawValue)"
        guard let record = try? StoreRecord(body: scanned.body) else { return "\(place) cannot be read" }
        switch record.content {
        case .snapshot(let bytes): return "\(place) snapshot \(WireDescription.text(of: bytes))"
        case .ownership(let owner?): return "\(place) owned by \(owner.node), life \(owner.incarnation)"
        case .ownership(nil): return "\(place) given up"
        case .entry(let entry, let wallTime):
            let events = entry.events.map(WireDescription.text).joined(separator: " ")
            let carried = head.kind == .carriedEntry ? " carried" : ""
            return "\(place)\(carried) at \(wallTime) command \(entry.command) events \(events)"
        }
    }
}
