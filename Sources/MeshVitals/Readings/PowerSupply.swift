/// Whether a machine runs on a battery, and how full that is: `/sys/class/power_supply`.
struct PowerSupply: Hashable, Sendable {
    /// Of the battery that is the least full, 0 to 1.
    var charge: Double?
    var isOnBattery: Bool?

    init(_ files: some VitalsFiles) {
        for name in (files.names(in: "/sys/class/power_supply") ?? []).sorted() {
            let folder = "/sys/class/power_supply/" + name
            // The battery of a mouse is a device's.
            guard files.word(of: folder + "/type") == "Battery", files.word(of: folder + "/scope") != "Device" else {
                continue
            }
            if let percent = files.unsigned(of: folder + "/capacity"), percent <= 100 {
                charge = min(charge ?? 1, Double(percent) / 100)
            }
            if let status = files.word(of: folder + "/status"), status != "Unknown" {
                isOnBattery = isOnBattery == true || status == "Discharging"
            }
        }
    }
}
