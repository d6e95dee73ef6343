internal import MeshCore
package import MeshJSON

/// The names and units of docs/protocol.md, section 8.
extension Vitals {
    /// The vitals as an object: what is absent has no member.
    package var json: JSONValue {
        var object = JSONObject()
        object["cpu_load"] = Self.part(processorLoad)
        object["cpu_steal"] = Self.part(processorStolen)
        object["cpu_count"] = Self.number(processorCount)
        object["load_average_1m"] = Self.number(loadAverages?.oneMinute)
        object["load_average_5m"] = Self.number(loadAverages?.fiveMinutes)
        object["load_average_15m"] = Self.number(loadAverages?.fifteenMinutes)
        object["memory_total_bytes"] = Self.count(memoryTotalBytes)
        object["memory_available_bytes"] = Self.count(memoryAvailableBytes)
        object["disk_total_bytes"] = Self.count(diskTotalBytes)
        object["disk_available_bytes"] = Self.count(diskAvailableBytes)
        object["temperature_celsius"] = Self.number(temperatureCelsius)
        object["network_received_bytes_per_second"] = Self.rate(networkReceivedBytesPerSecond)
        object["network_sent_bytes_per_second"] = Self.rate(networkSentBytesPerSecond)
        let cards = graphics.prefix(Limits.Vitals.maximumGraphics).map(\.json)
        object["gpus"] = cards.isEmpty ? nil : .array(cards)
        object["battery_charge"] = Self.part(batteryCharge)
        object["is_on_battery"] = isOnBattery.map { .bool($0) }
        object["queue_depth"] = Self.count(queueDepth)
        object["loaded_models"] = Self.names(loadedModels)
        object["loaded_adapters"] = Self.names(loadedAdapters)
        return .object(object)
    }

    /// The vitals that `value` tells.
    ///
    /// Members that are not known are passed over; one that is not what the page says counts as absent, and so does
    /// all where `value` is no object. Only what has a bound is kept.
    package init(json value: JSONValue) {
        self.init()
        guard let object = value.object else { return }
        for member in object.members { take(member.key, member.value) }
        let averages = ["1m", "5m", "15m"].compactMap { Self.number(object["load_average_" + $0], upTo: 1_000_000) }
        if averages.count == 3 {
            loadAverages = LoadAverages(
                oneMinute: averages[0],
                fiveMinutes: averages[1],
                fifteenMinutes: averages[2]
            )
        }
    }

    private mutating func take(_ key: String, _ value: JSONValue) {
        switch key {
        case "cpu_load": processorLoad = Self.number(value, upTo: 1)
        case "cpu_steal": processorStolen = Self.number(value, upTo: 1)
        case "cpu_count": processorCount = Self.number(value, upTo: 1_000_000)
        case "memory_total_bytes": memoryTotalBytes = Self.count(value)
        case "memory_available_bytes": memoryAvailableBytes = Self.count(value)
        case "disk_total_bytes": diskTotalBytes = Self.count(value)
        case "disk_available_bytes": diskAvailableBytes = Self.count(value)
        case "temperature_celsius": temperatureCelsius = Self.temperature(value)
        case "network_received_bytes_per_second": networkReceivedBytesPerSecond = Self.number(value, upTo: 1e15)
        case "network_sent_bytes_per_second": networkSentBytesPerSecond = Self.number(value, upTo: 1e15)
        case "gpus":
            let cards = (value.array ?? []).prefix(Limits.Vitals.maximumGraphics)
            graphics = cards.compactMap { GraphicsVitals(json: $0) }
        case "battery_charge": batteryCharge = Self.number(value, upTo: 1)
        case "is_on_battery": isOnBattery = value.bool
        case "queue_depth": queueDepth = Self.count(value)
        case "loaded_models": loadedModels = Self.names(value)
        case "loaded_adapters": loadedAdapters = Self.names(value)
        default: break
        }
    }
}

extension GraphicsVitals {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        object["name"] = .string(name)
        object["load"] = Vitals.part(load)
        object["memory_total_bytes"] = Vitals.count(memoryTotalBytes)
        object["memory_used_bytes"] = Vitals.count(memoryUsedBytes)
        object["temperature_celsius"] = Vitals.number(temperatureCelsius)
        return .object(object)
    }

    fileprivate init?(json value: JSONValue) {
        guard let name = value["name"]?.text else { return nil }
        self.init(name: name)
        load = value["load"].flatMap { Vitals.number($0, upTo: 1) }
        memoryTotalBytes = value["memory_total_bytes"].flatMap { Vitals.count($0) }
        memoryUsedBytes = value["memory_used_bytes"].flatMap { Vitals.count($0) }
        temperatureCelsius = value["temperature_celsius"].flatMap { Vitals.temperature($0) }
    }
}

extension Vitals {
    // MARK: Written

    /// Four digits behind the point: a load is no exact science, and its text shall be short.
    fileprivate static func part(_ part: Double?) -> JSONValue? { rounded(part, 10_000) }

    fileprivate static func number(_ number: Double?) -> JSONValue? { rounded(number, 100) }

    private static func rounded(_ number: Double?, _ scale: Double) -> JSONValue? {
        guard let number, number.isFinite else { return nil }
        return .number((number * scale).rounded() / scale)
    }

    private static func rate(_ rate: Double?) -> JSONValue? {
        rate.flatMap { Int64(exactly: $0.rounded()) }.map { .integer($0) }
    }

    /// Whole numbers beyond 2^63 have no spelling that all readers take.
    fileprivate static func count(_ count: UInt64?) -> JSONValue? {
        count.flatMap { Int64(exactly: $0) }.map { .integer($0) }
    }

    private static func names(_ names: [String]) -> JSONValue? {
        let kept = names.prefix(Limits.Vitals.maximumLoaded).map { name in
            JSONValue.string(name.cut(toBytes: Limits.Vitals.maximumNameBytes))
        }
        return kept.isEmpty ? nil : .array(kept)
    }

    // MARK: Read

    fileprivate static func number(_ value: JSONValue?, upTo limit: Double) -> Double? {
        value?.number.flatMap { $0 >= 0 && $0 <= limit ? $0 : nil }
    }

    fileprivate static func temperature(_ value: JSONValue) -> Double? {
        value.number.flatMap { $0 > -273.15 && $0 <= 1_000 ? $0 : nil }
    }

    fileprivate static func count(_ value: JSONValue) -> UInt64? { value.integer.flatMap { UInt64(exactly: $0) } }

    private static func names(_ value: JSONValue) -> [String] {
        (value.array ?? []).prefix(Limits.Vitals.maximumLoaded).compactMap { element in
            element.text?.cut(toBytes: Limits.Vitals.maximumNameBytes)
        }
    }
}
