internal import Glibc
package import MeshCore

/// What an operator has ordered and no hub has carried out yet: a file for each order in a folder of the authority's.
///
///     FOLDER/revoke/<node>.<number>     the identity in the first line, the reason in the second
///
/// A hub that looks after the authority carries an order out and takes the file away: so the one who gave it sees when
/// it counts, and a hub that was stopped meanwhile finds it.
package struct RevocationOrders: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// One order.
    package struct Order: Hashable, Sendable {
        /// The file.
        package let path: String
        /// Who is to be put out; nil where the file does not say it.
        package let identity: NodeIdentity?
        /// Why, for people.
        package let reason: String
    }

    /// The orders in the folder at `path`.
    package init(path: String) { self.path = path }

    /// Gives the order to put `identity` out, and returns its file.
    package func give(_ identity: NodeIdentity, reason: String) throws(CertificateError) -> String {
        try CertificateFile.makeFolder(path, isPrivate: true)
        let number = Hexadecimal.encode(try Library.randomBytes(8))
        let file = "\(path)/\(identity.node).\(number)"
        let line = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
        try CertificateFile.create(file, "\(identity.text)\n\(line)\n", mode: 0o600)
        return file
    }

    /// Orders that nobody has carried out, at most ``Limits/Certificate/maximumOrdersRead`` of them.
    package func waiting() throws(CertificateError) -> [Order] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var orders: [Order] = []
        while orders.count < Limits.Certificate.maximumOrdersRead, let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // What is being written has another name until it is whole.
            guard let number = name.split(separator: ".").last, number.utf8.count == 16, !name.hasPrefix(".") else {
                continue
            }
            orders.append(try order("\(path)/\(name)"))
        }
        return orders.sorted { $0.path < $1.path }
    }

    private func order(_ file: String) throws(CertificateError) -> Order {
        let content = try CertificateFile.read(file, isSecret: false)
        let text = content.withBytes { String(decoding: $0, as: UTF8.self) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let identity = lines.first.flatMap { try? NodeIdentity(String($0)) }
        return Order(path: file, identity: identity, reason: lines.count > 1 ? String(lines[1]) : "")
    }

    /// The order has been carried out.
    package func settle(_ order: Order) throws(CertificateError) { try CertificateFile.removeIfThere(order.path) }

    /// Whether the order in `file` has still to be carried out.
    package func isWaiting(_ file: String) -> Bool { CertificateFile.exists(file) }
}

extension AuthorityFolder {
    /// Who is to be put out, by an operator's order.
    package var revocationOrders: RevocationOrders { RevocationOrders(path: "\(path)/revoke") }
}
