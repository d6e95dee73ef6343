internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshTestKit

/// Makes the authority from which every other command draws its certificates.
enum AuthorityCommand {
    static let folder = Option<String>("authority", as: .folder, "The folder of the authority of this test.")

    static let command = Command(
        "authority",
        summary: "Make an authority for a test.",
        parameters: [folder]
    ) { invocation in
        let loop = try EventLoop.start(name: "authority")
        let now = MachineClock(loop: loop).wallTime
        try AuthorityFolder(path: invocation[folder]).create { () throws(CertificateError) in
            try CertificateAuthority.make(name: "a test", now: now)
        }
        loop.stop()
        return .success
    }

    /// The authority in `folder`.
    static func open(_ folder: String, clock: any MeshCore.Clock) throws -> PeerAuthority {
        try PeerAuthority(AuthorityFolder(path: folder).open(), clock: clock)
    }
}
