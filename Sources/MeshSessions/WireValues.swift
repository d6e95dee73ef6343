internal import MeshActors
package import MeshChat
internal import MeshCore
package import MeshWire

// How values of lower modules stand in this module's records.

extension WireWriter {
    mutating func write(_ time: WallTime) { write(time.millisecondsSince1970) }

    mutating func write(_ role: ChatRole) {
        switch role {
        case .user: write(UInt64(0))
        case .assistant: write(UInt64(1))
        }
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func readTime() throws(WireError) -> WallTime { WallTime(millisecondsSince1970: try readInt64()) }

    @_lifetime(self: copy self)
    mutating func readRole() throws(WireError) -> ChatRole {
        switch try readUInt64() {
        case 0: return .user
        case 1: return .assistant
        default: throw WireError(.invalidValue, "nobody of that number speaks")
        }
    }

    /// Such text, or none.
    @_lifetime(self: copy self)
    mutating func readOptionalText(atMost maximum: Int) throws(WireError) -> String? {
        try readNil() ? nil : try readText(atMost: maximum)
    }

    /// A model's name, or none.
    @_lifetime(self: copy self)
    mutating func readModel() throws(WireError) -> String? {
        try readOptionalText(atMost: Limits.Sessions.maximumModelBytes)
    }

    /// A session's name.
    @_lifetime(self: copy self)
    package mutating func readSessionID() throws(WireError) -> SessionID {
        let text = try readText()
        do throws(CoreError) { return try SessionID(text) } catch {
            throw WireError(.invalidValue, "no name of a session", cause: error)
        }
    }
}

extension StopReason {
    /// By numbers that never change; which text has ended an answer they do not say.
    package var number: UInt64 {
        switch self {
        case .endOfTurn: 0
        case .maximumTokens: 1
        case .stopSequence: 2
        case .toolUse: 3
        case .refusal: 4
        case .contextFull: 5
        case .paused: 6
        }
    }

    /// The reason of that number; nil where there is none.
    package init?(number: UInt64) {
        switch number {
        case 0: self = .endOfTurn
        case 1: self = .maximumTokens
        case 2: self = .stopSequence(nil)
        case 3: self = .toolUse
        case 4: self = .refusal
        case 5: self = .contextFull
        case 6: self = .paused
        default: return nil
        }
    }
}
