internal import CMeshCounters

/// Numbers that any thread may touch at once, in no order to one another.
final class SharedNumbers: @unchecked Sendable {
    // Sendable although it holds a pointer: the memory is its own, and is touched by atomic operations alone.
    private let numbers: UnsafeMutablePointer<Int64>

    init(count: Int) {
        numbers = .allocate(capacity: count)
        numbers.initialize(repeating: 0, count: count)
    }

    deinit { numbers.deallocate() }

    func add(_ amount: Int64, at index: Int = 0) { cmesh_counter_add(numbers + index, amount) }

    func set(_ value: Int64) { cmesh_counter_store(numbers, value) }

    func value(at index: Int = 0) -> Int64 { cmesh_counter_load(numbers + index) }
}
