internal import MeshChat
package import MeshCore

/// What goes wrong between a node and the engine in its process.
package enum EngineErrorCode: String, ErrorCode {
    package static let domain = "engine"

    /// There is no libmeshllm.so where it is looked for.
    case noLibrary
    /// There is one, of another version or not for this machine.
    case unusableLibrary
    /// A file cannot be opened or read.
    case noFile
    /// A model, adapter or grammar is broken, or of a kind that is not known.
    case unreadable
    /// An adapter belongs to another model.
    case wrongModel
    /// There is no such adapter, or none for this tenant.
    case unknownAdapter
    /// There is no such model.
    case unknownModel
    /// The machine has too little memory, or the engine may not use more.
    case noMemory
    /// The conversation is longer than the model can read.
    case contextExceeded
    /// The request means nothing to the model's template.
    case malformed
    /// It asks for what the model or the engine cannot do.
    case unsupported
    /// There is no room for one more.
    case overloaded
    /// The engine has been closed.
    case closed
    /// The library failed in a way that it should not.
    case failed
}

/// An error of this module.
package typealias EngineError = MeshError<EngineErrorCode>

extension EngineError {
    /// The same to whoever asked for an answer.
    var forChats: ChatError {
        let code: ChatErrorCode =
            switch code {
            case .noLibrary, .unusableLibrary, .noFile, .closed: .unavailable
            case .unreadable, .wrongModel, .malformed: .malformed
            case .unknownAdapter: .unknownAdapter
            case .unknownModel: .unknownModel
            case .contextExceeded: .contextExceeded
            case .unsupported: .unsupported
            case .noMemory, .overloaded: .overloaded
            case .failed: .engineFailed
            }
        return ChatError(code, message, cause: self)
    }
}
