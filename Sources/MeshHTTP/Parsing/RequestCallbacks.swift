internal import CMeshHTTPParser

/// The functions that llhttp calls: each finds the reading that its parser carries, and writes to it.
///
/// They only copy; nothing of llhttp is called in one.
enum RequestCallbacks {
    /// The table of them, which never changes and is never freed: each parser keeps a pointer to it.
    nonisolated(unsafe) static let settings: UnsafePointer<llhttp_settings_t> = {
        let settings = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
        llhttp_settings_init(settings)
        settings.pointee.on_url = { takeTarget($0, $1, $2) }
        settings.pointee.on_protocol = { takeProtocol($0, $1, $2) }
        settings.pointee.on_header_field = { takeName($0, $1, $2) }
        settings.pointee.on_header_value = { takeValue($0, $1, $2) }
        settings.pointee.on_header_value_complete = { endValue($0) }
        settings.pointee.on_headers_complete = { endHead($0) }
        settings.pointee.on_body = { takeBody($0, $1, $2) }
        settings.pointee.on_chunk_extension_name = { takeExtension($0, $1, $2) }
        settings.pointee.on_chunk_extension_value = { takeExtension($0, $1, $2) }
        settings.pointee.on_message_complete = { endRequest($0) }
        return UnsafePointer(settings)
    }()
}

private typealias Machine = UnsafeMutablePointer<llhttp_t>

/// Set by the parser before it runs llhttp, and alive as long as it.
private func reading(_ machine: Machine?) -> UnsafeMutablePointer<RequestReading> {
    guard let data = machine?.pointee.data else { preconditionFailure("a parser without a reading") }
    return data.assumingMemoryBound(to: RequestReading.self)
}

private func span(_ start: UnsafePointer<CChar>?, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: count)
}

private func takeTarget(_ machine: Machine?, _ start: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
    reading(machine).pointee.takeTarget(span(start, count))
}

private func takeProtocol(_ machine: Machine?, _ start: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
    reading(machine).pointee.takeProtocol(span(start, count))
}

private func takeName(_ machine: Machine?, _ start: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
    reading(machine).pointee.takeName(span(start, count))
}

private func takeValue(_ machine: Machine?, _ start: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
    reading(machine).pointee.takeValue(span(start, count))
}

private func endValue(_ machine: Machine?) -> Int32 { reading(machine).pointee.endValue() }

private func endHead(_ machine: Machine?) -> Int32 {
    guard let machine else { preconditionFailure("llhttp calls without itself") }
    return reading(machine).pointee.endHead(machine)
}

private func takeBody(_ machine: Machine?, _ start: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
    reading(machine).pointee.takeBody(span(start, count))
}

private func takeExtension(_ machine: Machine?, _ start: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
    reading(machine).pointee.takeExtension(count)
}

private func endRequest(_ machine: Machine?) -> Int32 { reading(machine).pointee.endRequest() }
