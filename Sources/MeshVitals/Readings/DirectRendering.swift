/// Graphics cards whose drivers say in files how they are, as AMD's does: `/sys/class/drm`.
enum DirectRendering {
    /// The cards that tell their load or their memory; others are not cards that work for anybody here.
    static func cards(_ files: some VitalsFiles) -> [GraphicsVitals] {
        files.numbered("card", in: "/sys/class/drm").compactMap { card("/sys/class/drm/\($0)/device", files) }
    }

    private static func card(_ folder: String, _ files: some VitalsFiles) -> GraphicsVitals? {
        let load = files.unsigned(of: folder + "/gpu_busy_percent").flatMap { $0 <= 100 ? Double($0) / 100 : nil }
        let total = files.unsigned(of: folder + "/mem_info_vram_total")
        guard load != nil || total != nil else { return nil }
        var card = GraphicsVitals(name: name(folder, files))
        card.load = load
        card.memoryTotalBytes = total
        card.memoryUsedBytes = files.unsigned(of: folder + "/mem_info_vram_used")
        card.temperatureCelsius =
            files.numbered("hwmon", in: folder + "/hwmon")
            .flatMap { Temperatures.sensors(of: folder + "/hwmon/" + $0, files) }.max()
        return card
    }

    private static func name(_ folder: String, _ files: some VitalsFiles) -> String {
        if let name = files.line(of: folder + "/product_name") { return name }
        let vendors = ["0x1002": "AMD", "0x8086": "Intel", "0x10de": "NVIDIA"]
        let vendor = files.word(of: folder + "/vendor") ?? ""
        let words = [vendors[vendor] ?? vendor, files.word(of: folder + "/device") ?? ""].filter { !$0.isEmpty }
        return words.isEmpty ? "unknown" : words.joined(separator: " ")
    }
}
