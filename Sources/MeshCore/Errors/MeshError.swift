/// What went wrong in one module, as a plain enum of its own.
///
/// The raw value is the word that logs and people see; codes that travel between nodes are separate types in
/// `MeshWire`, so that an unknown number survives.
package protocol ErrorCode: RawRepresentable<String>, Hashable, Sendable {
    /// The module's word in front of the code, as in `wire.truncated`.
    static var domain: String { get }
}

/// The one shape of every thrown error: a code to switch over, a sentence for people, a cause and a place.
///
/// Equality is equality of codes, so that tests and callers do not depend on wording. The message never holds user
/// text, prompts or keys.
package protocol StructuredError: Error, Equatable, CustomStringConvertible {
    /// The module's own codes.
    associatedtype Code: ErrorCode

    /// What to switch over.
    var code: Code { get }

    /// One sentence for people.
    var message: String { get }

    /// The error that led to this one.
    var cause: (any Error)? { get }

    /// Where it was raised.
    var location: SourceLocation { get }
}

extension StructuredError {
    /// Equal where the codes are.
    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    /// One line for people: `wire.truncated: 4 bytes wanted at offset 9, 2 are left`.
    package var description: String { "\(identity): \(message)" }

    /// What programs search logs for: `wire.truncated`.
    package var identity: String { "\(Code.domain).\(code.rawValue)" }

    /// The whole chain, a line for each cause and the place where it was raised, for logs and bug reports.
    package var chain: String {
        let here = "\(description) (\(location))"
        return switch cause {
        case nil: here
        case let nested as any StructuredError: "\(here)\n  caused by \(nested.chain)"
        case let foreign?: "\(here)\n  caused by \(foreign)"
        }
    }
}

/// The error of a module: `package typealias CoreError = MeshError<CoreErrorCode>`.
///
/// The content lives in one box, so that `throws(CoreError)` costs one register where nothing is thrown.
package struct MeshError<Code: ErrorCode>: StructuredError {
    private let content: Content

    /// An error raised here.
    package init(
        _ code: Code,
        _ message: String,
        cause: (any Error)? = nil,
        fileID: StaticString = #fileID,
        line: UInt = #line
    ) {
        content = Content(code: code, message: message, cause: cause, location: SourceLocation(fileID, line))
    }

    /// What to switch over.
    package var code: Code { content.code }

    /// One sentence for people.
    package var message: String { content.message }

    /// The error that led to this one.
    package var cause: (any Error)? { content.cause }

    /// Where it was raised.
    package var location: SourceLocation { content.location }

    private final class Content: Sendable {
        let code: Code
        let message: String
        let cause: (any Error)?
        let location: SourceLocation

        init(code: Code, message: String, cause: (any Error)?, location: SourceLocation) {
            self.code = code
            self.message = message
            self.cause = cause
            self.location = location
        }
    }
}

/// A line of source.
package struct SourceLocation: Sendable, CustomStringConvertible {
    private let fileID: StaticString
    private let line: UInt

    /// The place `fileID:line`, usually taken from default arguments.
    package init(_ fileID: StaticString, _ line: UInt) {
        self.fileID = fileID
        self.line = line
    }

    /// `MeshWire/WireReader.swift:41`.
    package var description: String { "\(fileID):\(line)" }
}
