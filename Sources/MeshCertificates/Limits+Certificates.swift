internal import MeshCore

extension Limits {
    /// Bounds on files and bytes with certificates and keys.
    package enum Certificate {
        /// Larger files are refused unread.
        package static let maximumFileBytes = 65_536

        /// A file with more PEM blocks is refused.
        package static let maximumBlocks = 16

        /// Larger certificates and requests are refused.
        package static let maximumDERBytes = 16_384

        /// A certificate with more names is refused, and none such is issued.
        package static let maximumNames = 32

        /// A longer name of an authority is not issued; X.520's bound.
        package static let maximumAuthorityNameBytes = 64

        /// Orders to revoke that are read at a time; the others wait for the next look.
        package static let maximumOrdersRead = 256

        /// Longer lives are not issued.
        package static let maximumLife = Duration.seconds(100 * 365 * 86_400)
    }
}
