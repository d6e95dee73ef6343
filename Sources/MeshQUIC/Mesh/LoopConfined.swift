internal import MeshIO

/// Something that lives on a loop, held by those who do not: they may carry it, and only the loop opens it.
struct LoopConfined<Value>: @unchecked Sendable {
    // Sendable although `Value` is not: it is reached only through `value`, which traps off the loop.
    private let content: Value
    private let loop: EventLoop

    init(_ content: Value, on loop: EventLoop) {
        self.content = content
        self.loop = loop
    }

    var value: Value {
        loop.preconditionOnLoop()
        return content
    }
}
