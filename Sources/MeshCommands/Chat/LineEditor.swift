internal import MeshCore

/// A line that is being typed, as a value: bytes of a terminal in, what is to be done out.
package struct LineEditor: Sendable {
    /// What a byte asks for.
    package enum Action: Hashable, Sendable {
        /// Nothing is different.
        case none
        /// The line or the cursor is different.
        case changed
        /// The line is ready, and another one begins.
        case submitted(String)
        /// The line was given up, and another one begins.
        case abandoned
        /// Nothing was typed, and nothing will be.
        case ended
        /// The program is to be suspended.
        case suspended
        /// The screen is to be cleared.
        case cleared
        /// That cannot be done.
        case bell
    }

    /// What stands before the cursor.
    package private(set) var before = ""
    /// What stands behind it.
    package private(set) var after = ""
    /// What was typed before.
    package private(set) var history: LineHistory

    private var keys = KeyReader()
    /// Which line of the history is shown, and what was being typed before.
    private var shown: (index: Int, draft: String)?
    /// What was erased last.
    private var erased = ""

    /// An empty line, behind these.
    package init(history: LineHistory = LineHistory()) { self.history = history }

    /// The line.
    package var text: String { before + after }

    /// Takes what a terminal has sent.
    package mutating func take(_ byte: UInt8) -> Action {
        guard let key = keys.take(byte) else { return .none }
        return take(key)
    }

    /// Takes a key.
    package mutating func take(_ key: Key) -> Action {
        switch key {
        case .text(let text): return insert(text)
        case .pasted(let text): return insert(text)
        case .left: return move { $0.stepLeft() }
        case .right: return move { $0.stepRight() }
        case .wordLeft: return move { $0.jumpLeft() }
        case .wordRight: return move { $0.jumpRight() }
        case .home: return move { line in while line.stepLeft() {} }
        case .end: return move { line in while line.stepRight() {} }
        case .up: return browse(-1)
        case .down: return browse(1)
        case .backspace: return before.popLast() == nil ? .bell : .changed
        case .delete: return deleteForward()
        case .eraseWord: return erase { $0.jumpLeft() }
        case .deleteWord: return erase { $0.jumpRight() }
        case .eraseToStart: return erase { line in while line.stepLeft() {} }
        case .eraseToEnd: return erase { line in while line.stepRight() {} }
        case .putBack: return erased.isEmpty ? .bell : insert(erased)
        case .interrupt: return text.isEmpty ? .ended : renew(.abandoned)
        case .endOfInput: return text.isEmpty ? .ended : deleteForward()
        case .suspend: return .suspended
        case .clear: return .cleared
        case .enter:
            let line = text
            history.add(line)
            return renew(.submitted(line))
        }
    }

    private mutating func renew(_ action: Action) -> Action {
        (before, after, shown) = ("", "", nil)
        return action
    }

    /// As much of `text` as there is room for.
    private mutating func insert(_ text: String) -> Action {
        let room = Limits.Commands.maximumLineBytes - before.utf8.count - after.utf8.count
        guard text.utf8.count > room else {
            before += text
            return .changed
        }
        var taken = 0
        for character in text {
            taken += character.utf8.count
            guard taken <= room else { break }
            before.append(character)
        }
        return .bell
    }

    private mutating func move(_ body: (inout LineEditor) -> Void) -> Action {
        let place = before.utf8.count
        body(&self)
        return before.utf8.count == place ? .none : .changed
    }

    /// Erases what the cursor passes over when `body` moves it, and keeps it to be put back.
    private mutating func erase(_ body: (inout LineEditor) -> Void) -> Action {
        var moved = self
        body(&moved)
        let (old, new) = (before.utf8.count, moved.before.utf8.count)
        guard old != new else { return .bell }
        if new < old {
            erased = String(before.dropFirst(moved.before.count))
            before = moved.before
        } else {
            erased = String(moved.before.dropFirst(before.count))
            after = moved.after
        }
        return .changed
    }

    private mutating func deleteForward() -> Action {
        guard !after.isEmpty else { return .bell }
        after.removeFirst()
        return .changed
    }

    private mutating func browse(_ step: Int) -> Action {
        let index = (shown?.index ?? history.lines.count) + step
        guard index >= 0, index <= history.lines.count, shown != nil || step < 0 else { return .bell }
        let draft = shown?.draft ?? text
        after = ""
        if index == history.lines.count {
            (before, shown) = (draft, nil)
        } else {
            (before, shown) = (history.lines[index], (index, draft))
        }
        return .changed
    }
}

// MARK: - The cursor

extension LineEditor {
    @discardableResult
    fileprivate mutating func stepLeft() -> Bool {
        guard let character = before.popLast() else { return false }
        after.insert(character, at: after.startIndex)
        return true
    }

    @discardableResult
    fileprivate mutating func stepRight() -> Bool {
        guard let character = after.first else { return false }
        after.removeFirst()
        before.append(character)
        return true
    }

    fileprivate mutating func jumpLeft() {
        while let character = before.last, !character.isPartOfWord { stepLeft() }
        while let character = before.last, character.isPartOfWord { stepLeft() }
    }

    fileprivate mutating func jumpRight() {
        while let character = after.first, !character.isPartOfWord { stepRight() }
        while let character = after.first, character.isPartOfWord { stepRight() }
    }
}

extension Character {
    fileprivate var isPartOfWord: Bool { isLetter || isNumber }
}
