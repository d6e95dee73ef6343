internal import MeshActors
internal import MeshCertificates
package import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshStore
internal import MeshVault

/// With which codes a node ends, after those of sysexits.h where one fits: for scripts and for systemd.
package enum NodeExit: UInt8, CaseIterable, Sendable {
    /// It was told to stop and did.
    case stopped = 0
    /// Anything that has no code of its own.
    case failed = 1
    /// The command line makes no command.
    case usage = 2
    /// The configuration.
    case configuration = 65
    /// An address or a port.
    case address = 69
    /// It was told to stop, and something did not end in time.
    case notInOrder = 70
    /// The folder cannot be used.
    case folder = 73
    /// The folder is of another version or role, or damaged.
    case version = 74
    /// Another process has the folder.
    case busy = 75
    /// A certificate, a key or an authority.
    case certificates = 76
    /// A clock.
    case clock = 77

    /// What it means, in a sentence.
    package var meaning: String {
        switch self {
        case .stopped: "Stopped in order."
        case .failed: "Failure; standard error says why."
        case .usage: "Usage error: the command line is wrong and nothing was done."
        case .configuration: "The configuration is wrong; each mistake is a line with its place."
        case .address: "An address cannot be listened at: another process has the port, or it is not this machine's."
        case .notInOrder: "Told to stop, the node did not end in time, as where the disk hangs, and was ended."
        case .folder:
            "The data folder cannot be used: not made, not written to, full, of another owner, or open to others."
        case .version: "The data folder is of another version or of another role, or its store is damaged."
        case .busy: "Another process has the data folder."
        case .certificates: "A certificate, a key or the authority is missing, expired, or not fit to be used."
        case .clock:
            "A clock is wrong: a certificate does not count yet, a hub's does no more, or its time is half a day away."
        }
    }

    /// The code as commands return it.
    package var code: ExitCode { ExitCode(rawValue: rawValue) }

    /// The rows for a page of help.
    package static let meanings: KeyValuePairs<ExitCode, String> = [
        .success: stopped.meaning,
        configuration.code: configuration.meaning,
        address.code: address.meaning,
        notInOrder.code: notInOrder.meaning,
        folder.code: folder.meaning,
        version.code: version.meaning,
        busy.code: busy.meaning,
        certificates.code: certificates.meaning,
        clock.code: clock.meaning,
    ]

    /// With which code a node ends that `error` has kept from starting.
    package init(_ error: any Error) {
        self =
            switch error {
            case is UsageError: .usage
            case is ConfigurationError: .configuration
            case let error as StartError: error.code.exit
            case let error as NodeFolderError: error.code.exit
            case let error as CertificateError: error.code == .notYetValid ? .clock : .certificates
            case let error as StoreFolderError: error.code == .damaged ? .version : .folder
            case let error as JournalError: Self(error.code)
            case is OperatorFileError: .folder
            case let error as VaultError: Self(error.code)
            case let error as IOError: error.code == .failed || error.code == .stopped ? .failed : .address
            default: .failed
            }
    }

    private init(_ code: VaultErrorCode) {
        self =
            switch code {
            case .keyMissing, .wrongKey, .exposed, .malformedKey: .certificates
            case .damaged: .version
            case .full, .unusable: .folder
            case .libraryFailed: .failed
            }
    }

    private init(_ code: JournalErrorCode) {
        self =
            switch code {
            case .readOnly, .failed: .folder
            case .corrupt: .version
            default: .failed
            }
    }
}
