internal import MeshActors
package import MeshCore
internal import MeshIO
package import MeshTunnel
package import MeshVitals

/// This machine's vitals, read on a thread of their own: no disk that hangs holds anybody up but that thread.
///
/// One reading is under way at a time; whoever asks meanwhile is given its result.
package final class MachineVitals: VitalsSource {
    private struct State {
        var sampler: VitalsSampler
        var reading: OneShot<Vitals?>?
    }

    private let state: Lock<State>
    private let files: any VitalsFiles
    private let graphics: any GraphicsReader
    private let load: @Sendable () -> NodeLoad
    private let clock: any Clock

    /// The vitals of a node whose data lies in `dataFolder`; what the node has to do it says by `load`.
    package init(
        dataFolder: String,
        files: any VitalsFiles = MachineFiles(),
        graphics: (any GraphicsReader)? = nil,
        clock: any Clock,
        load: @escaping @Sendable () -> NodeLoad = { NodeLoad() }
    ) {
        state = Lock(State(sampler: VitalsSampler(dataFolder: dataFolder)))
        self.files = files
        self.graphics = graphics ?? NVIDIAProgram(clock: clock)
        self.load = load
        self.clock = clock
    }

    /// The vitals now, or those of the reading that is under way.
    package func read() async -> VitalsReading? {
        let (reading, isMine) = state.withLock { state in
            if let reading = state.reading { return (reading, false) }
            let reading = OneShot<Vitals?>()
            state.reading = reading
            return (reading, true)
        }
        let load = load()
        if isMine { begin(reading, nvidia: await graphics.nvidia(), load) }
        guard let vitals = try? await reading.wait() else { return nil }
        return VitalsReading(vitals: vitals, load: load)
    }

    private func begin(_ reading: OneShot<Vitals?>, nvidia: [UInt8]?, _ load: NodeLoad) {
        let hasThread = WorkThread.start { [self] in
            // Nobody else has the sampler while a reading is under way: the lock is not held over the files.
            var sampler = state.withLock { $0.sampler }
            let vitals = sampler.sample(files, nvidia: nvidia, load: load, now: clock.now)
            end(reading, vitals, sampler)
        }
        if !hasThread { end(reading, nil, nil) }
    }

    private func end(_ reading: OneShot<Vitals?>, _ vitals: Vitals?, _ sampler: VitalsSampler?) {
        state.withLock { state in
            if let sampler { state.sampler = sampler }
            state.reading = nil
        }
        reading.open(vitals)
    }
}
