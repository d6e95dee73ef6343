internal import MeshActors
internal import MeshCore

/// A command has one entry, however often it is asked for, and every answer to it is the same.
///
/// One whose caller was told no has none, unless an earlier call of it was left open: its caller knew that it may still
/// be under way.
package struct CommandOnceChecker: Checker {
    /// The word in reports.
    package static let name = "command-once"

    private struct Name: Hashable {
        let address: ActorAddress
        let command: CommandID
    }

    private var heads: [Name: Head] = [:]
    private var answers: [Name: Int64] = [:]
    private var open: Set<Name> = []
    private var refused: Set<Name> = []

    /// A checker that has seen nothing.
    package init() {}

    /// Takes `event` in; throws what it breaks.
    package mutating func observe(_ event: HistoryEvent) throws(Violation) {
        switch event {
        case .committed(let append), .surfaced(let append):
            for (offset, entry) in append.entries.enumerated() {
                let name = Name(address: append.address, command: entry.command)
                let head = append.head.advanced(by: offset + 1)
                guard !refused.contains(name) else {
                    throw violation("\(entry.command.tail) of \(append.address) happened after it was refused")
                }
                if let earlier = heads.updateValue(head, forKey: name) {
                    let places = "\(earlier.rawValue) and \(head.rawValue)"
                    throw violation("\(entry.command.tail) of \(append.address) happened twice, at \(places)")
                }
            }
        case .answered(let command, let address, .done(let answer)):
            let name = Name(address: address, command: command)
            if let earlier = answers.updateValue(answer, forKey: name), earlier != answer {
                throw violation("\(command.tail) of \(address) got two different answers")
            }
        case .answered(let command, let address, .refused):
            let name = Name(address: address, command: command)
            if !open.contains(name) { refused.insert(name) }
        case .unknown(let command, let address, _): open.insert(Name(address: address, command: command))
        default: break
        }
    }
}
