import MeshCore
import MeshVitals
import Testing

@Suite struct `Vitals of recorded machines` {
    @Test func `a virtual machine of this sort says what it is and no more`() throws {
        let vitals = try RecordedMachine.vitals("this-machine")
        #expect(abs(try #require(vitals.processorLoad) - 0.011_546) < 0.000_1)
        #expect(vitals.processorCount == 2)
        #expect(vitals.memoryTotalBytes == 24_684_092 * 1_024)
        #expect(try #require(vitals.memoryAvailableBytes) < 24_684_092 * 1_024)
        #expect(vitals.temperatureCelsius == nil && vitals.graphics.isEmpty && vitals.batteryCharge == nil)
        #expect(vitals.isOnBattery == nil && vitals.queueDepth == nil)
        #expect(vitals.loadAverages != nil && vitals.networkReceivedBytesPerSecond != nil)
    }

    @Test func `a laptop tells its battery, and its hottest sensor that can be believed`() throws {
        let vitals = try RecordedMachine.vitals("laptop")
        #expect(abs(try #require(vitals.processorLoad) - 800.0 / 3_000) < 0.000_1)
        #expect(vitals.processorStolen == 0)
        #expect(vitals.processorCount == 8)
        #expect(vitals.loadAverages == LoadAverages(oneMinute: 1.52, fiveMinutes: 1.1, fifteenMinutes: 0.87))
        #expect(vitals.memoryTotalBytes == 16_109_632 * 1_024)
        #expect(vitals.memoryAvailableBytes == 9_000_000 * 1_024)
        #expect(vitals.diskTotalBytes == 511_000_000_000 && vitals.diskAvailableBytes == 120_000_000_000)
        // Not 125, of a zone that is off; not -128 or -274, of sensors that are not there.
        #expect(vitals.temperatureCelsius == 64)
        // Neither the loopback nor what passes inside.
        #expect(vitals.networkReceivedBytesPerSecond == 100_000)
        #expect(vitals.networkSentBytesPerSecond == 10_000)
        // Not the mouse's.
        #expect(vitals.batteryCharge == 0.73 && vitals.isOnBattery == true)
        #expect(vitals.graphics.isEmpty, "Intel's driver says nothing of load or memory")
    }

    @Test func `a server tells its cards, and leaves out inputs that float`() throws {
        let vitals = try RecordedMachine.vitals("nvidia-server")
        #expect(vitals.temperatureCelsius == 57)
        #expect(vitals.graphics.map(\.name) == ["NVIDIA GeForce RTX 4090", "NVIDIA RTX 6000 Ada Generation"])
        #expect(vitals.graphics.map(\.load) == [0.92, 0.03])
        #expect(vitals.graphics.map(\.memoryTotalBytes) == [24_564 * 1_048_576, 49_140 * 1_048_576])
        #expect(vitals.graphics.map(\.memoryUsedBytes) == [21_840 * 1_048_576, 512 * 1_048_576])
        #expect(vitals.graphics.map(\.temperatureCelsius) == [74, 41])
        #expect(vitals.graphicsLoad == 0.92 && vitals.hottestCelsius == 74)
        #expect(vitals.networkReceivedBytesPerSecond == 125_000_000)
        #expect(abs(try #require(vitals.processorLoad) - 400.0 / 3_000) < 0.000_1)
    }

    @Test func `a card says by files how it is`() throws {
        let vitals = try RecordedMachine.vitals("amd-workstation")
        #expect(vitals.graphics.map(\.name) == ["AMD 0x744c"])
        #expect(vitals.graphics.map(\.load) == [0.87])
        #expect(vitals.graphics.map(\.memoryTotalBytes) == [25_753_026_560])
        #expect(vitals.graphics.map(\.memoryUsedBytes) == [20_401_094_656])
        #expect(vitals.graphics.map(\.temperatureCelsius) == [91])
        #expect(vitals.processorLoad == 0.5)
        // Its counters began anew in between.
        #expect(vitals.networkReceivedBytesPerSecond == 0 && vitals.networkSentBytesPerSecond == 0)
    }

    @Test func `inside a limit, load and memory are the limit's`() throws {
        let two = try RecordedMachine.vitals("container-v2")
        #expect(two.processorCount == 1.5 && two.processorLoad == 0.5)
        #expect(two.memoryTotalBytes == 2_147_483_648 && two.memoryAvailableBytes == 1_073_741_824)
        let one = try RecordedMachine.vitals("container-v1")
        #expect(one.processorCount == 2 && one.processorLoad == 0.25)
        #expect(one.memoryTotalBytes == 1_073_741_824 && one.memoryAvailableBytes == 536_870_912)
        let pod = try RecordedMachine.vitals("pod-v2")
        #expect(pod.processorCount == 0.5 && pod.processorLoad == 0.2)
        #expect(pod.memoryTotalBytes == 536_870_912 && pod.memoryAvailableBytes == 268_435_456)
    }

    @Test func `stolen time is told, and processors that are not allowed do not count`() throws {
        let vitals = try RecordedMachine.vitals("virtual-machine")
        #expect(vitals.processorLoad == 0.7 && vitals.processorStolen == 0.3 && vitals.processorCount == 2)
        #expect(vitals.memoryTotalBytes == 1_014_536 * 1_024)
        #expect(vitals.memoryAvailableBytes == nil, "an old kernel does not say")
    }

    @Test(arguments: RecordedMachine.names)
    func `what is a rate is absent the first time`(_ name: String) throws {
        let (first, _) = try RecordedMachine.moments(name)
        var sampler = VitalsSampler(dataFolder: "/data")
        let vitals = sampler.sample(first, nvidia: first.nvidia, load: NodeLoad(), now: .origin)
        #expect(vitals.processorLoad == nil && vitals.processorStolen == nil)
        #expect(vitals.networkReceivedBytesPerSecond == nil && vitals.networkSentBytesPerSecond == nil)
        #expect(vitals.processorCount != nil && vitals.memoryTotalBytes != nil)
        let again = sampler.sample(first, nvidia: first.nvidia, load: NodeLoad(), now: .origin)
        #expect(again.networkReceivedBytesPerSecond == nil, "no time has passed")
    }

    @Test func `a machine that says nothing has no vitals`() throws {
        let nothing = RecordedMachine([:])
        #expect(RecordedMachine.vitals(nothing, nothing) == Vitals())
    }

    @Test func `the node's own load is told as it is`() throws {
        var load = NodeLoad()
        (load.queueDepth, load.loadedModels, load.loadedAdapters) = (3, ["tiny"], ["garden"])
        var sampler = VitalsSampler(dataFolder: "/data")
        let vitals = sampler.sample(RecordedMachine([:]), nvidia: nil, load: load, now: .origin)
        #expect(vitals.queueDepth == 3 && vitals.loadedModels == ["tiny"] && vitals.loadedAdapters == ["garden"])
    }
}

@Suite struct `What NVIDIA's program prints` {
    private func cards(_ text: String) -> [GraphicsVitals] { NVIDIAQuery.cards(in: Array(text.utf8)) }

    @Test func `what a card does not tell is absent`() {
        let found = cards(
            "Tesla K80, [N/A], 11441, 0, 35\nA card, of two names, 7, [Not Supported], 5, [Unknown Error]\n"
        )
        #expect(found.map(\.name) == ["Tesla K80", "A card, of two names"])
        #expect(found.map(\.load) == [nil, 0.07])
        #expect(found.map(\.memoryTotalBytes) == [11_441 * 1_048_576, nil])
        #expect(found.map(\.temperatureCelsius) == [35, nil])
    }

    @Test(arguments: [
        "", "\n\n", "No devices were found\n",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure, now.",
        "a, b, c, d, e", "name, , , , ", "name, -1, -2, -3, -4", "name, nan, inf, 1e999, 0x", ",,,,,,,,",
        "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system",
    ])
    func `sentences and odd numbers are no card`(_ text: String) { #expect(cards(text).isEmpty) }

    @Test func `numbers that no card has are absent`() {
        let found = cards("x, 101, 1e30, 5, 400")
        #expect(found.map(\.load) == [nil] && found.map(\.memoryTotalBytes) == [nil])
        #expect(found.map(\.memoryUsedBytes) == [5 * 1_048_576] && found.map(\.temperatureCelsius) == [nil])
    }
}
