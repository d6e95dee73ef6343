internal import CMeshWebSocket

/// Frames of a WebSocket, read from bytes and written to bytes by wslay.
///
/// wslay keeps 4 KiB for each context and a context remembers nothing between two frames, so one is made when bytes
/// come and given back when they end between two frames: a WebSocket on which nothing happens has none.
/// It would read ahead, too; it is given no byte behind the frame under way, so that who holds a client back knows
/// what was used.
///
/// Used by one thread at a time.
package final class WebSocketFrames {
    /// A part of a frame's payload.
    package struct Piece {
        /// The head of the frame.
        package let head: Head
        /// Whether no part of this frame came before.
        package let isFirst: Bool
        /// Whether no part of this frame comes behind.
        package let isLast: Bool
        /// The bytes, unmasked; lent until the next call.
        package let bytes: UnsafeRawBufferPointer
    }

    /// What stands in front of a frame's payload (RFC 6455 §5.2).
    package struct Head: Hashable, Sendable {
        /// Whether the message ends with this frame.
        package let isFinal: Bool
        /// The three reserved bits.
        package let reserved: UInt8
        /// What the frame is.
        package let opcode: WebSocketOpcode
        /// Whether the payload was masked, as that of clients must be.
        package let isMasked: Bool
        /// How long the payload is.
        package let payloadBytes: UInt64
    }

    /// What reading has found.
    package enum Reading {
        /// A part of a frame, or all of it.
        case piece(Piece)
        /// Everything is used up.
        case needsMore
        /// The bytes are no frame; nothing behind them can be read.
        case malformed
    }

    private var context: OpaquePointer?
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var output: [UInt8] = []
    private var maskingKey: UInt32 = 0

    private var progress = WebSocketFrameProgress()
    private var isInsideFrame = false

    /// Frames of a connection that begins.
    package init() {}

    deinit { if let context { wslay_frame_context_free(context) } }

    /// Whether no memory is held for a frame that is under way.
    package var isIdle: Bool { context == nil }

    /// Takes the next piece from the front of `bytes` and moves `offset` past what was used, and no further.
    package func next(in bytes: UnsafeRawBufferPointer, from offset: inout Int) -> Reading {
        guard offset < bytes.count else {
            releaseIfIdle()
            return .needsMore
        }
        var frame = wslay_frame_iocb()
        while true {
            input = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let count = wslay_frame_recv(acquire(), &frame)
            offset = bytes.count - input.count
            input = UnsafeRawBufferPointer(start: nil, count: 0)
            if count >= 0 { return .piece(piece(of: frame)) }
            guard count == Int(WSLAY_ERR_WANT_READ.rawValue) else { return .malformed }
            if offset == bytes.count { return .needsMore }
        }
    }

    private func piece(of frame: wslay_frame_iocb) -> Piece {
        let isFirst = !isInsideFrame
        // wslay hands out all it was given, so a frame that was given as a whole is out as a whole.
        let isLast = progress.isComplete
        isInsideFrame = !isLast
        if isLast { progress = WebSocketFrameProgress() }
        let head = Head(
            isFinal: frame.fin != 0,
            reserved: frame.rsv,
            opcode: WebSocketOpcode(rawValue: frame.opcode),
            isMasked: frame.mask != 0,
            payloadBytes: frame.payload_length
        )
        let bytes = UnsafeRawBufferPointer(start: frame.data, count: frame.data_length)
        return Piece(head: head, isFirst: isFirst, isLast: isLast, bytes: bytes)
    }

    /// Adds a frame to `bytes`, masked as a client's where `maskingKey` is said.
    package func write(
        _ opcode: WebSocketOpcode,
        _ payload: UnsafeRawBufferPointer,
        isFinal: Bool = true,
        maskingKey: UInt32? = nil,
        to bytes: inout [UInt8]
    ) {
        bytes.reserveCapacity(bytes.count + payload.count + Self.maximumHeadBytes)
        swap(&output, &bytes)
        self.maskingKey = maskingKey ?? 0
        let context = acquire()
        var frame = wslay_frame_iocb()
        frame.fin = isFinal ? 1 : 0
        frame.opcode = opcode.rawValue
        frame.mask = maskingKey == nil ? 0 : 1
        frame.payload_length = UInt64(payload.count)
        var sent = 0
        repeat {
            frame.data = payload.baseAddress.map { ($0 + sent).assumingMemoryBound(to: UInt8.self) }
            frame.data_length = payload.count - sent
            let count = wslay_frame_send(context, &frame)
            precondition(count >= 0, "a frame of ours is refused")
            sent += count
        } while sent < payload.count
        swap(&output, &bytes)
        releaseIfIdle()
    }

    private func acquire() -> OpaquePointer {
        if let context { return context }
        var callbacks = wslay_frame_callbacks(
            send_callback: frameTakeOutput,
            recv_callback: frameGiveInput,
            genmask_callback: frameGiveMask
        )
        var made: OpaquePointer?
        let status = wslay_frame_context_init(&made, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        // It fails for want of memory alone, where Swift's own allocations trap too.
        guard status == 0, let made else { preconditionFailure("no memory for a frame") }
        context = made
        return made
    }

    private func releaseIfIdle() {
        guard let context, progress.isAtBegin else { return }
        wslay_frame_context_free(context)
        self.context = nil
    }

    private static let maximumHeadBytes = 14

    // MARK: What wslay calls

    fileprivate func give(_ target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, input.count, progress.wantedBytes)
        guard count > 0 else { return -1 }
        let given = UnsafeRawBufferPointer(rebasing: input[..<count])
        target.copyMemory(from: given)
        progress.give(given)
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        output.append(contentsOf: bytes)
        return bytes.count
    }

    fileprivate func giveMask(_ target: UnsafeMutableRawBufferPointer) {
        for index in target.indices {
            target[index] = UInt8(truncatingIfNeeded: maskingKey >> (24 - 8 * UInt32(index)))
        }
    }
}

/// What a frame is (RFC 6455 §5.2); unknown numbers survive to be refused.
package struct WebSocketOpcode: RawRepresentable, Hashable, Sendable {
    /// Four bits.
    package let rawValue: UInt8

    /// The opcode of this number.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A further part of a message.
    package static let continuation = WebSocketOpcode(rawValue: 0)
    /// Text, or its first part.
    package static let text = WebSocketOpcode(rawValue: 1)
    /// Bytes, or their first part.
    package static let binary = WebSocketOpcode(rawValue: 2)
    /// Goodbye.
    package static let close = WebSocketOpcode(rawValue: 8)
    /// A question whether the other side is there.
    package static let ping = WebSocketOpcode(rawValue: 9)
    /// The answer to it.
    package static let pong = WebSocketOpcode(rawValue: 10)

    /// Whether the frame stands for itself, possibly between the parts of a message.
    package var isControl: Bool { rawValue & 8 != 0 }
}

private func frames(_ user: UnsafeMutableRawPointer?) -> WebSocketFrames? {
    user.map { Unmanaged<WebSocketFrames>.fromOpaque($0).takeUnretainedValue() }
}

private func frameGiveInput(
    _ buffer: UnsafeMutablePointer<UInt8>?,
    _ length: Int,
    _ flags: Int32,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    frames(user)?.give(UnsafeMutableRawBufferPointer(start: buffer, count: length)) ?? -1
}

private func frameTakeOutput(
    _ data: UnsafePointer<UInt8>?,
    _ length: Int,
    _ flags: Int32,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    frames(user)?.take(UnsafeRawBufferPointer(start: data, count: length)) ?? -1
}

private func frameGiveMask(
    _ buffer: UnsafeMutablePointer<UInt8>?,
    _ length: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int32 {
    frames(user)?.giveMask(UnsafeMutableRawBufferPointer(start: buffer, count: length))
    return 0
}
