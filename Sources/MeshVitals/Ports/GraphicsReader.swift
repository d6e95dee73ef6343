/// The port to the program that knows NVIDIA's graphics cards.
package protocol GraphicsReader: Sendable {
    /// What ``NVIDIAQuery/words`` prints; nil where there is no such program, or it does not answer in time.
    func nvidia() async -> [UInt8]?
}

/// A machine without NVIDIA's program.
package struct NoGraphicsReader: GraphicsReader {
    /// The only one.
    package init() {}

    /// Always nil.
    package func nvidia() async -> [UInt8]? { nil }
}
