/// The hottest part of a machine: `/sys/class/hwmon` and `/sys/class/thermal`.
enum Temperatures {
    /// The hottest sensor that can be believed, in degrees Celsius.
    static func hottest(_ files: some VitalsFiles) -> Double? {
        var found: [Double] = []
        for monitor in files.numbered("hwmon", in: "/sys/class/hwmon") {
            found += sensors(of: "/sys/class/hwmon/" + monitor, files)
        }
        for zone in files.numbered("thermal_zone", in: "/sys/class/thermal") {
            let folder = "/sys/class/thermal/" + zone
            // A zone that is off shows its last value, or none.
            guard files.word(of: folder + "/mode") != "disabled" else { continue }
            if let degrees = believed(files.signed(of: folder + "/temp")) { found.append(degrees) }
        }
        return found.max()
    }

    /// The sensors of one monitor that can be believed.
    static func sensors(of monitor: String, _ files: some VitalsFiles) -> [Double] {
        (files.names(in: monitor) ?? []).compactMap { name in
            guard name.hasPrefix("temp"), name.hasSuffix("_input") else { return nil }
            let sensor = monitor + "/" + name.dropLast("input".count)
            guard files.word(of: sensor + "fault") != "1", files.word(of: sensor + "enable") != "0" else { return nil }
            // Inputs that boards leave open float between all values.
            if let label = files.word(of: sensor + "label"), label.hasPrefix("AUXTIN") { return nil }
            return believed(files.signed(of: monitor + "/" + name))
        }
    }

    /// `thousandths` in degrees, if a machine can be that hot: sensors that are missing or broken show exactly
    /// nothing, 127 or more, or the frost of space.
    private static func believed(_ thousandths: Int64?) -> Double? {
        guard let thousandths, thousandths != 0, (-40_000..<126_000).contains(thousandths) else { return nil }
        return Double(thousandths) / 1_000
    }
}
