internal import Glibc
internal import MeshAPI
package import MeshCore
package import MeshIO

/// What was found of this machine's clock.
package struct ClockFindings: Hashable, Sendable {
    /// What it says.
    package let now: WallTime
    /// When this program was built, or installed; nil where that is not known.
    package let built: WallTime?
    /// Whether somebody keeps it right.
    package let synchronisation: ClockSynchronisation

    /// These findings.
    package init(now: WallTime, built: WallTime?, synchronisation: ClockSynchronisation) {
        self.now = now
        self.built = built
        self.synchronisation = synchronisation
    }

    /// What is to be thought of them.
    package var checks: [DoctorCheck] { [plausible, synchronised] }

    private var plausible: DoctorCheck {
        // A day for whoever builds on one machine and runs on another.
        if let built, now.millisecondsSince1970 < built.millisecondsSince1970 - 86_400_000 {
            return DoctorCheck(
                "clock",
                .failure,
                "the clock says \(now), and this program is of \(built), so the clock is behind",
                advice: "Set the clock, and have a time service keep it"
            )
        }
        return DoctorCheck("clock", .ok, "\(now)")
    }

    private var synchronised: DoctorCheck {
        switch synchronisation {
        case .synchronised(let error):
            DoctorCheck("clock.synchronised", .ok, "a time service keeps the clock, within \(error.shortText)")
        case .unsynchronised:
            DoctorCheck(
                "clock.synchronised",
                .warning,
                "no time service keeps the clock: it drifts, and certificates depend on it",
                advice: "Run one, such as systemd-timesyncd or chrony"
            )
        case .unknown(let words):
            DoctorCheck("clock.synchronised", .skipped, "the kernel does not say whether the clock is kept: \(words)")
        }
    }
}

extension ClockFindings {
    /// Reads them of this machine; `program` is the file whose age is this program's.
    static func read(_ clock: any Clock, program: String = "/proc/self/exe") -> ClockFindings {
        var status = stat()
        let built =
            stat(program, &status) == 0
            ? WallTime(millisecondsSince1970: Int64(status.st_mtim.tv_sec) * 1_000) : nil
        return ClockFindings(now: clock.wallTime, built: built, synchronisation: .ofThisMachine())
    }
}
