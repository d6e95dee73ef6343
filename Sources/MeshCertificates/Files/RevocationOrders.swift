internal import Glibc
package import MeshCore

/// What an operator has ordered and no hub has carried out yet: a file for each order in a folder of the authority's.
///
///     FOLDER/revoke/<node>.<number>     the identity, the reason, milliseconds since 1970, a line each
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
        /// When it was given: tokens that were made later let the identity in again.
        package let given: WallTime?
    }

    /// The orders in the folder at `path`.
    package init(path: String) { self.path = path }

    /// Gives the order to put `identity` out, and returns its file.
    package func give(
        _ identity: NodeIdentity,
        reason: String,
        now: WallTime
    ) throws(CertificateError) -> String {
        try CertificateFile.makeFolder(path, isPrivate: true)
        let number = Hexadecimal.encode(try Library.randomBytes(8))
        let file = "\(path)/\(identity.node).\(number)"
        let line = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
        try CertificateFile.create(file, "\(identity.text)\n\(line)\n\(now.millisecondsSince1970)\n", mode: 0o600)
        return file
    }

    /// Orders that nobody has carried out, at most ``Limits/Certificate/maximumOrdersRead`` of them.
    ///
    /// One that cannot be read names nobody, and keeps no other from being read.
    package func waiting() throws(CertificateError) -> [Order] {
        guard let folder = opendir(path) else {
            guard errno == ENOENT else {
                throw CertificateError(
                    .fileUnusable,
                    "the orders in '\(path)' cannot be read: \(String(cString: strerror(errno)))"
                )
            }
            return []
        }
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
            orders.append(order("\(path)/\(name)"))
        }
        return orders.sorted { $0.path < $1.path }
    }

    private func order(_ file: String) -> Order {
        let content = try? CertificateFile.read(file, isSecret: false)
        let text = content?.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, let given = Int64(lines[2]) else {
            return Order(path: file, identity: nil, reason: "", given: nil)
        }
        return Order(
            path: file,
            identity: try? NodeIdentity(String(lines[0])),
            reason: String(lines[1]),
            given: WallTime(millisecondsSince1970: given)
        )
    }

    /// The order has been carried out; `isKnown` tells whether anybody has ever enrolled under the name.
    package func settle(_ order: Order, isKnown: Bool = true) throws(CertificateError) {
        guard !isKnown else { return try CertificateFile.removeIfThere(order.path) }
        // A rename: whoever waits for the order to go finds the answer in its place.
        try CertificateFile.move(order.path, to: order.path + Self.unknownMark)
    }

    /// Whether the order in `file`, which waits no more, was about a name that nobody has enrolled under; told once.
    package func wasUnknown(_ file: String) -> Bool {
        guard CertificateFile.exists(file + Self.unknownMark) else { return false }
        try? CertificateFile.removeIfThere(file + Self.unknownMark)
        return true
    }

    /// Behind the name of an order whose giver is to be told; it is no number, so no hub takes it for an order.
    private static let unknownMark = ".unknown"

    /// Whether the order in `file` has still to be carried out.
    package func isWaiting(_ file: String) -> Bool { CertificateFile.exists(file) }
}

extension AuthorityFolder {
    /// Who is to be put out, by an operator's order.
    package var revocationOrders: RevocationOrders { RevocationOrders(path: "\(path)/revoke") }
}
