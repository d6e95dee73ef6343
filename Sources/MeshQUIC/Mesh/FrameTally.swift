package import MeshWire

/// Frames of the mesh protocol by their types, over all connections of an endpoint that there were.
package struct FrameTally: Hashable, Sendable {
    /// By the number of the type; those that this version does not know stand at 0.
    private var counts = [UInt64](repeating: 0, count: FrameTally.places)

    /// None.
    package init() {}

    /// How many there were of `type`.
    package subscript(type: FrameType) -> UInt64 { counts[Self.place(of: type)] }

    /// How many there were of types that this version does not know.
    package var unknown: UInt64 { counts[0] }

    mutating func note(_ type: FrameType) { counts[Self.place(of: type)] &+= 1 }

    private static func place(of type: FrameType) -> Int {
        let number = Int(type.rawValue)
        return number < places && type.registration != nil ? number : 0
    }

    private static let places = 1 + Int(FrameRegistration.all.map(\.type.rawValue).max() ?? 0)
}

extension QUICConnection {
    func hasRead(_ type: FrameType) {
        counts.framesRead += 1
        endpoint.framesRead.note(type)
    }

    func hasWritten(_ type: FrameType) {
        counts.framesWritten += 1
        endpoint.framesWritten.note(type)
    }
}
