internal import MeshChat
package import MeshCore
package import MeshPrivacy

extension MeshError<ChatErrorCode> {
    /// What a client is told where its request cannot leave: the field and the kind, never what stands there.
    package init(_ error: PrivacyError) {
        let code: ChatErrorCode =
            switch error.code {
            case .blocked: .forbidden
            case .unsearchable: .unsupported
            case .tooLarge, .mapFull: .tooLarge
            case .vaultFull, .vaultFailed: .unavailable
            case .malformedMap, .malformedTerms, .vaultDamaged: .engineFailed
            }
        let field = (error.cause as? BlockedField)?.field ?? (error.cause as? UnsearchableField)?.field
        self.init(code, error.message, cause: ChatFailure(parameter: field))
    }
}
