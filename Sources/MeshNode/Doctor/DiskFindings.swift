internal import Glibc
internal import MeshAPI
package import MeshCore
internal import MeshVitals

/// What was found of the disk that a node's folder lies on.
package struct DiskFindings: Hashable, Sendable {
    /// Where it was looked.
    package let path: String
    /// For a node of which role.
    package let role: NodeRole
    /// What lies free for this user, in bytes; nil where the kernel does not say.
    package var availableBytes: UInt64?
    /// The kind of file system, as the kernel calls it; nil where it is not known.
    package var kind: String?
    /// How long writing 4 KiB and syncing them took, each time; the error's words where that failed.
    package var syncs: Syncs

    /// What came of writing.
    package enum Syncs: Hashable, Sendable {
        /// It was not tried.
        case notTried
        /// How long each took.
        case took([Duration])
        /// It failed.
        case failed(String)
    }

    /// These findings.
    package init(path: String, role: NodeRole, availableBytes: UInt64?, kind: String?, syncs: Syncs) {
        self.path = path
        self.role = role
        self.availableBytes = availableBytes
        self.kind = kind
        self.syncs = syncs
    }

    /// What is to be thought of them.
    package var checks: [DoctorCheck] { [space, writing, fileSystem] }

    private var space: DoctorCheck {
        let name = "disk.space"
        guard let availableBytes else { return DoctorCheck(name, .skipped, "the kernel does not say what is free") }
        let words = "\(availableBytes.inBytes) are free at '\(path)'"
        let advice = "Make room: a node whose disk is full serves what it has and takes nothing new"
        switch availableBytes {
        case ..<Self.least: return DoctorCheck(name, .failure, words, advice: advice)
        case ..<(role == .hub ? Self.littleForHubs : Self.littleForEdges):
            return DoctorCheck(name, .warning, "only \(words)", advice: advice)
        default: return DoctorCheck(name, .ok, words)
        }
    }

    private var writing: DoctorCheck {
        let name = "disk.sync"
        switch syncs {
        case .notTried: return DoctorCheck(name, .skipped, "there is no folder yet to write to")
        case .failed(let words):
            return DoctorCheck(
                name,
                .failure,
                "'\(path)' cannot be written to: \(words)",
                advice: "Give the folder to the user who runs the node, on a disk with room"
            )
        case .took(let times):
            let median = times.sorted()[times.count / 2]
            let words = "4 KiB are written and safe after \(median.shortText) (median of \(times.count))"
            guard role == .hub, median > Self.slow else { return DoctorCheck(name, .ok, words) }
            return DoctorCheck(
                name,
                .warning,
                words,
                advice: "Put the hub's folder on a faster disk: each answer that changes something waits for it"
            )
        }
    }

    private var fileSystem: DoctorCheck {
        let name = "disk.kind"
        guard let kind else { return DoctorCheck(name, .skipped, "the kernel does not say what kind it is") }
        let problem: String? =
            switch kind {
            case "tmpfs", "ramfs": "it lies in memory, and is gone when the machine is started again"
            case "overlay", "aufs": "it is a container's own layer, and is gone with the container"
            case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs":
                "it is another machine's: locks and syncs may not hold what they promise"
            case _ where kind.hasPrefix("fuse"): "it is a program's: locks and syncs may not hold what they promise"
            default: nil
            }
        guard let problem else { return DoctorCheck(name, .ok, kind) }
        return DoctorCheck(
            name,
            .warning,
            "\(kind): \(problem)",
            advice: "Put the node's folder on a disk of this machine (--data)"
        )
    }

    private static let least = UInt64(64 * 1_024 * 1_024)
    private static let littleForHubs = UInt64(1_024 * 1_024 * 1_024)
    private static let littleForEdges = UInt64(256 * 1_024 * 1_024)
    private static let slow = Duration.milliseconds(50)
}

extension DiskFindings {
    /// Reads them of the disk at `path`, where a small file is written and removed; may take as long as the disk does.
    static func read(_ path: String, role: NodeRole, isThere: Bool, clock: any Clock) -> DiskFindings {
        let files = MachineFiles()
        let place = isThere ? path : NodeFolder.above(path)
        let mounts = files.bytes(of: "/proc/self/mountinfo").map { String(decoding: $0, as: UTF8.self) }
        return DiskFindings(
            path: place,
            role: role,
            availableBytes: files.space(of: place)?.availableBytes,
            kind: mounts.flatMap { MountTable($0).kind(at: real(place) ?? place) },
            syncs: isThere ? write(to: place, clock) : .notTried
        )
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    private static func write(to folder: String, _ clock: any Clock) -> Syncs {
        // A name that a node clears away, should this process end in the middle.
        let path = "\(folder)/doctor.new-\(getpid())"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return .failed(String(cString: strerror(errno))) }
        defer {
            close(file)
            unlink(path)
        }
        let bytes = [UInt8](repeating: 0x5A, count: 4_096)
        var times: [Duration] = []
        for turn in 0..<Limits.Doctor.syncs {
            let begin = clock.now
            guard pwrite(file, bytes, bytes.count, off_t(turn * bytes.count)) == bytes.count, fsync(file) == 0 else {
                return .failed(String(cString: strerror(errno)))
            }
            times.append(clock.now - begin)
        }
        return .took(times)
    }
}

extension UInt64 {
    /// `1.5 GiB`.
    var inBytes: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var (value, unit) = (Double(self), 0)
        while value >= 1_024, unit < units.count - 1 { (value, unit) = (value / 1_024, unit + 1) }
        let tenths = Int(value * 10)
        return (tenths >= 1_000 || tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)")
            + " \(units[unit])"
    }
}
