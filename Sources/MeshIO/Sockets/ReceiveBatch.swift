internal import CMeshSockets
internal import MeshCore

/// Memory for the messages that one call fetches.
///
/// Sockets of one loop may share it, for nothing of it is used beyond a call.
package final class ReceiveBatch {
    private var batch: cmesh_receive_batch

    /// Room for as many messages as one call fetches.
    package init() {
        let capacity = Limits.IO.messagesPerReceive
        let room = Limits.IO.receiveRoomBytes
        batch = cmesh_receive_batch(
            bytes: .allocate(capacity: capacity * room),
            received: .allocate(capacity: capacity),
            capacity: UInt32(capacity),
            room: UInt32(room)
        )
        batch.received.initialize(repeating: cmesh_received(), count: capacity)
    }

    deinit {
        batch.bytes.deallocate()
        batch.received.deallocate()
    }

    /// How many messages one call can fetch.
    var capacity: Int { Int(batch.capacity) }

    /// Fetches; a count or a negative errno.
    func receive(from descriptor: Int32) -> Int32 { cmesh_receive(descriptor, &batch) }

    func message(_ index: Int) -> cmesh_received { batch.received[index] }

    func bytes(of index: Int, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: batch.bytes + index * Int(batch.room) + range.lowerBound, count: range.count)
    }
}
