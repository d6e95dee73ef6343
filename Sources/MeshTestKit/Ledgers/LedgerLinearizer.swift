package import MeshChat
package import MeshCore
package import MeshLedger

/// One call to an account, as whoever made it saw it: when it was asked, when it was answered, and what with.
///
/// The times are ticks of one counter that all callers share: of two ticks the larger one is the later one.
package struct LedgerOperation: Sendable {
    /// What was asked for.
    package enum Ask: Sendable {
        case reserve(LedgerCall)
        case settle(UniqueID, ChatUsage)
        case void(UniqueID)
        case balance
    }

    /// What was answered.
    package enum Answer: Hashable, Sendable {
        /// So much is set aside, and so much is left beside it.
        case held(Money, available: Money)
        /// So much is charged, and so much is left.
        case charged(Money, available: Money)
        /// Nothing is set aside any more.
        case voided
        /// So much is needed, and only so much is left.
        case refused(Money, available: Money)
        /// So much is left, and so much is set aside.
        case balance(available: Money, held: Money)
    }

    /// What was asked for.
    package let ask: Ask
    /// What was answered.
    package let answer: Answer
    /// When it was asked.
    package let asked: Int
    /// When it was answered.
    package let answered: Int

    /// `ask`, answered with `answer` between the two ticks.
    package init(_ ask: Ask, _ answer: Answer, asked: Int, answered: Int) {
        self.ask = ask
        self.answer = answer
        self.asked = asked
        self.answered = answered
    }
}

/// What one place in an account's journal did: the one order of changes that there is.
package enum LedgerStep: Hashable, Sendable {
    case reserve(UniqueID)
    case settle(UniqueID)
    case void(UniqueID)
}

/// Whether there is one order of all calls to an account that gives each caller its answer, and in which what ended
/// before something else began stands before it: whether the account is linearizable.
///
/// In general that is a search without end. Here the order of all changes is known, for one writer makes them, and it
/// stands in the journal; what remains is where each question stands among them. Questions change nothing, so each
/// takes the earliest place at which its answer is right and which is not before what it must follow: an earlier place
/// never hinders anybody later. So a violation that is found is one, and none is missed; the time is that of sorting.
package struct LedgerLinearizer {
    /// What is wrong.
    package struct Fault: Error, Hashable, CustomStringConvertible {
        /// A sentence.
        package let description: String
    }

    private var account: OracleAccount
    private var calls: [UniqueID: LedgerCall] = [:]
    private var usages: [UniqueID: ChatUsage] = [:]
    /// Where each change stands, from 1, and what is to be answered to it.
    private var places: [LedgerStep: Int] = [:]
    private var answers: [LedgerOperation.Answer] = []
    /// What is left, and what is set aside, behind each place; at 0 before all.
    private var states: [(available: Int128, held: Int128)]

    /// Of an account that was like `account` before all operations.
    package init(from account: OracleAccount) {
        self.account = account
        states = [(account.available, account.held)]
    }

    /// Holds `operations` against each other and against `journal`; throws what cannot be.
    package mutating func check(_ operations: [LedgerOperation], journal: [LedgerStep]) throws(Fault) {
        for operation in operations {
            switch operation.ask {
            case .reserve(let call): calls[call.id] = call
            case .settle(let id, let usage): usages[id] = usage
            case .void, .balance: break
            }
        }
        for step in journal { try take(step) }
        try place(operations)
    }

    /// Makes the next change, as the oracle would.
    private mutating func take(_ step: LedgerStep) throws(Fault) {
        guard places.updateValue(states.count, forKey: step) == nil else { throw Fault(description: "\(step) twice") }
        let answer: LedgerOperation.Answer
        switch step {
        case .reserve(let id):
            guard let call = calls[id] else { throw Fault(description: "nobody has asked for \(step)") }
            let (worst, before) = (account.worst(of: call), account.available)
            guard before > 0, worst <= before else { throw Fault(description: "\(worst) are set aside of \(before)") }
            account.hold(call, expiresAt: WallTime(millisecondsSince1970: .max))
            answer = .held(Money(clamping: worst), available: left)
        case .settle(let id):
            guard let usage = usages[id] else { throw Fault(description: "nobody has asked for \(step)") }
            account.settle(id, usage, .complete, nil)
            answer = .charged(Money(clamping: account.calls[id]?.charged ?? 0), available: left)
        case .void(let id):
            account.void(id)
            answer = .voided
        }
        answers.append(answer)
        states.append((account.available, account.held))
    }

    private var left: Money { Money(clamping: account.available) }

    /// Gives each operation its place.
    private func place(_ operations: [LedgerOperation]) throws(Fault) {
        let begun = operations.indices.sorted { operations[$0].asked < operations[$1].asked }
        let ended = operations.indices.sorted { operations[$0].answered < operations[$1].answered }
        var place = [Int](repeating: 0, count: operations.count)
        var (next, earliest, changes) = (0, 0, 0)
        for index in begun {
            let operation = operations[index]
            while next < ended.count, operations[ended[next]].answered < operation.asked {
                earliest = max(earliest, place[ended[next]])
                next += 1
            }
            if let step = operation.step {
                changes += 1
                place[index] = try checkChange(operation, step, after: earliest)
            } else {
                place[index] = try findPlace(operation, from: earliest)
            }
        }
        guard changes == answers.count else {
            throw Fault(description: "\(answers.count) changes in the journal, and \(changes) answered")
        }
        // A question must not show a change that was asked for only after it had been answered.
        try checkFuture(operations, place)
    }

    private func checkChange(
        _ operation: LedgerOperation,
        _ step: LedgerStep,
        after earliest: Int
    ) throws(Fault) -> Int {
        guard let place = places[step] else { throw Fault(description: "\(step) was answered, and is in no journal") }
        guard place > earliest else {
            throw Fault(description: "\(step) stands at \(place), and was asked when \(earliest) had been answered")
        }
        let wanted = answers[place - 1]
        guard operation.answer == wanted else {
            throw Fault(description: "\(step) was answered \(operation.answer), and at \(place) it is \(wanted)")
        }
        return place
    }

    private func findPlace(_ operation: LedgerOperation, from earliest: Int) throws(Fault) -> Int {
        let found = states[earliest...].firstIndex { state in
            switch operation.answer {
            case .balance(let available, let held):
                return state.available == Int128(available.nanodollars) && state.held == Int128(held.nanodollars)
            case .refused(let needed, let available):
                guard case .reserve(let call) = operation.ask, Int128(needed.nanodollars) == account.worst(of: call)
                else { return false }
                let left = Int128(available.nanodollars)
                return state.available == left && (left <= 0 || Int128(needed.nanodollars) > left)
            case .held, .charged, .voided: return false
            }
        }
        guard let found else {
            throw Fault(description: "\(operation.answer) was answered, and from \(earliest) on it is never so")
        }
        return found
    }

    /// What stands at or before a question's place must have been asked before the question was answered.
    private func checkFuture(_ operations: [LedgerOperation], _ place: [Int]) throws(Fault) {
        var asked = [Int](repeating: 0, count: states.count)
        for (index, operation) in operations.enumerated() where operation.step != nil {
            asked[place[index]] = operation.asked
        }
        for index in asked.indices.dropFirst() { asked[index] = max(asked[index], asked[index - 1]) }
        for (index, operation) in operations.enumerated() where asked[place[index]] > operation.answered {
            throw Fault(description: "\(operation.answer) shows what nobody had asked for when it was answered")
        }
    }
}

extension LedgerOperation {
    /// What it changes; nil where it is a question, or was refused.
    fileprivate var step: LedgerStep? {
        switch (ask, answer) {
        case (.reserve(let call), .held): .reserve(call.id)
        case (.settle(let id, _), .charged): .settle(id)
        case (.void(let id), .voided): .void(id)
        default: nil
        }
    }
}
