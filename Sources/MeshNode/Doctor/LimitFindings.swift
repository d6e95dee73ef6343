internal import Glibc
internal import MeshAPI
package import MeshCore
internal import MeshIO
internal import MeshVitals

/// What was found of the bounds that this machine sets to a process.
package struct LimitFindings: Hashable, Sendable {
    /// For a node of which role.
    package let role: NodeRole
    /// How many descriptors a process may have open; nil where that is not known.
    package var openFiles: UInt64?
    /// Memory that may still be used, of the machine or of its group; nil where that is not known.
    package var availableMemoryBytes: UInt64?
    /// What the kernel grants for datagrams that wait; nil where no socket could be opened.
    package var buffers: Buffers?

    /// What the kernel granted of what a node's socket asks for.
    package struct Buffers: Hashable, Sendable {
        /// For those that have come.
        package let receiveBytes: Int
        /// For those that are to leave.
        package let sendBytes: Int

        /// What was granted.
        package init(receiveBytes: Int, sendBytes: Int) {
            self.receiveBytes = receiveBytes
            self.sendBytes = sendBytes
        }
    }

    /// These findings.
    package init(role: NodeRole, openFiles: UInt64?, availableMemoryBytes: UInt64?, buffers: Buffers?) {
        self.role = role
        self.openFiles = openFiles
        self.availableMemoryBytes = availableMemoryBytes
        self.buffers = buffers
    }

    /// What is to be thought of them.
    package var checks: [DoctorCheck] { [files, memory, sockets] }

    private var files: DoctorCheck {
        let name = "limits.files"
        guard let openFiles else { return DoctorCheck(name, .skipped, "the kernel does not say how many there may be") }
        let words = openFiles == .max ? "any number of descriptors" : "\(openFiles) descriptors may be open"
        guard openFiles < (role == .hub ? 1_024 : 256) else { return DoctorCheck(name, .ok, words) }
        return DoctorCheck(name, .warning, "only \(words)", advice: "Raise the limit (ulimit -n, LimitNOFILE=)")
    }

    private var memory: DoctorCheck {
        let name = "limits.memory"
        guard let bytes = availableMemoryBytes else {
            return DoctorCheck(name, .skipped, "the kernel does not say what is free")
        }
        let words = "\(bytes.inBytes) are available to this process"
        let little: UInt64 = role == .hub ? 256 << 20 : 64 << 20
        guard bytes < little else { return DoctorCheck(name, .ok, words) }
        return DoctorCheck(
            name,
            .warning,
            "only \(words)",
            advice: "Give the machine or its group more, or end what takes it"
        )
    }

    private var sockets: DoctorCheck {
        let name = "limits.datagrams"
        guard let buffers else { return DoctorCheck(name, .skipped, "no socket could be opened") }
        let words =
            "\(UInt64(max(0, buffers.receiveBytes)).inBytes) of datagrams may wait to be read, "
            + "\(UInt64(max(0, buffers.sendBytes)).inBytes) to be sent"
        let wanted = UDPConfiguration()
        let least = role == .hub ? min(wanted.receiveBufferBytes, wanted.sendBufferBytes) : 128 * 1_024
        guard min(buffers.receiveBytes, buffers.sendBytes) < least else { return DoctorCheck(name, .ok, words) }
        return DoctorCheck(
            name,
            .warning,
            "only \(words)",
            advice:
                "sysctl -w net.core.rmem_max=\(wanted.receiveBufferBytes) net.core.wmem_max=\(wanted.sendBufferBytes)"
        )
    }
}

extension LimitFindings {
    /// Reads them of this machine; a socket that was opened as a node's is tells what it was granted.
    static func read(role: NodeRole, socket: KernelFindings.Socket?) -> LimitFindings {
        var limit = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        var sampler = VitalsSampler(dataFolder: "/")
        let vitals = sampler.sample(MachineFiles(), nvidia: nil, load: NodeLoad(), now: .origin)
        return LimitFindings(
            role: role,
            openFiles: isKnown ? UInt64(limit.rlim_cur) : nil,
            availableMemoryBytes: vitals.memoryAvailableBytes,
            buffers: socket.map { Buffers(receiveBytes: $0.receiveBytes, sendBytes: $0.sendBytes) }
        )
    }
}
