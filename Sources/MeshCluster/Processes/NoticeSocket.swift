internal import Glibc
internal import MeshCore
internal import MeshIO

/// Where nodes say that they are ready, and what else there is to know (sd_notify(3)).
///
/// It lies in a folder that is its owner's alone. Where the path of that is too long for a node to be told, it has a
/// name of the kernel's own space, which every user of the machine may send to. Either way whoever sends is known by
/// the number of the process, which the kernel adds, and nobody's descriptors are taken. Confined to its loop.
final class NoticeSocket: LoopHandler {
    /// SCM_RIGHTS and SCM_CREDENTIALS, which the importer does not see.
    private static let (rights, credentials): (Int32, Int32) = (1, 2)
    private static let fileName = "notices"

    /// What nodes are given as NOTIFY_SOCKET.
    let name: String
    private let folder: String
    private let loop: EventLoop
    private let descriptor: Int32
    private let told: (pid_t, [Substring: Substring]) -> Void
    private var registration: LoopRegistration?

    /// A socket of the cluster in `folder` that tells what each process says, by the names of what it says.
    ///
    /// `number` is nobody else's.
    init(
        in folder: String,
        on loop: EventLoop,
        number: UInt64,
        told: @escaping (pid_t, [Substring: Substring]) -> Void
    ) throws {
        self.folder = folder
        self.loop = loop
        self.told = told
        let path = SocketFolder.path(of: Self.fileName, in: folder)
        name = path ?? "@meshnode-cluster-\(getpid())-\(number)"
        let place = try SocketFolder.make(in: folder)
        defer { Glibc.close(place) }
        SocketFolder.remove(Self.fileName, in: folder)
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw IOError(.failed, "a socket for the nodes' notices cannot be made") }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &yes, socklen_t(MemoryLayout<Int32>.size))
        var (address, length) = path == nil ? UnixName.abstract(name) : UnixName.file(Self.fileName, in: place)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound else {
            Glibc.close(descriptor)
            throw IOError(.failed, "a socket for the nodes' notices cannot be named")
        }
        do { registration = try loop.register(descriptor, for: .readable, handler: self) } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Hears nobody any more.
    func close() {
        if let registration { loop.deregister(registration) }
        if registration != nil {
            Glibc.close(descriptor)
            SocketFolder.remove(Self.fileName, in: folder)
        }
        registration = nil
    }

    func ready(_ readiness: Readiness) {
        // A bounded number a turn; the loop tells again.
        for _ in 0..<64 {
            guard let (sender, text) = receive() else { return }
            var said: [Substring: Substring] = [:]
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 { said[parts[0]] = parts[1] }
            }
            told(sender, said)
        }
    }

    private func receive() -> (pid_t, String)? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        // One control message: its head of 16 bytes, then number, user and group of the sender. There is no room for
        // another one, so the kernel closes whatever descriptors come along.
        var control = [UInt8](repeating: 0, count: 32)
        let (count, controlCount) = bytes.withUnsafeMutableBytes { data in
            control.withUnsafeMutableBytes { control in
                var piece = iovec(iov_base: data.baseAddress, iov_len: data.count)
                return withUnsafeMutablePointer(to: &piece) { pieces in
                    var message = msghdr()
                    message.msg_iov = pieces
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    let count = recvmsg(descriptor, &message, Int32(MSG_CMSG_CLOEXEC))
                    return (count, Int(message.msg_controllen))
                }
            }
        }
        guard count > 0 else { return nil }
        let number = control.withUnsafeBytes { bytes -> pid_t? in
            guard controlCount >= 20, bytes.load(fromByteOffset: 8, as: Int32.self) == SOL_SOCKET else { return nil }
            let kind = bytes.load(fromByteOffset: 12, as: Int32.self)
            if kind == Self.rights {
                for place in stride(from: 16, through: controlCount - 4, by: 4) {
                    Glibc.close(bytes.load(fromByteOffset: place, as: Int32.self))
                }
            }
            guard kind == Self.credentials, controlCount >= 28 else { return nil }
            return bytes.load(fromByteOffset: 16, as: pid_t.self)
        }
        return (number ?? 0, String(decoding: bytes[..<count], as: UTF8.self))
    }
}

/// Names of Unix sockets as the kernel takes them.
enum UnixName {
    /// `@name`, of the kernel's own space.
    static func abstract(_ name: String) -> (sockaddr_un, socklen_t) { make(Array(name.utf8), isAbstract: true) }

    /// The socket `name` in the folder that `descriptor` has open, however long the path of that is.
    static func file(_ name: String, in descriptor: Int32) -> (sockaddr_un, socklen_t) {
        make(Array("/proc/self/fd/\(descriptor)/\(name)".utf8), isAbstract: false)
    }

    private static func make(_ name: [UInt8], isAbstract: Bool) -> (sockaddr_un, socklen_t) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: name.prefix(room - 1))
            if isAbstract { bytes[0] = 0 }
        }
        let end = isAbstract ? name.count : name.count + 1
        return (address, socklen_t(MemoryLayout<sockaddr_un>.size - room + min(end, room)))
    }
}
