/// A number that only grows.
///
/// Cheap to touch from any thread; keep the handle where it is touched often.
package final class Counter: Sendable {
    private let number = SharedNumbers(count: 1)

    init() {}

    /// Adds `amount`, which is nanoseconds where the unit is seconds; a negative one is our own mistake and traps.
    package func add(_ amount: Int64 = 1) {
        precondition(amount >= 0, "a counter only grows")
        number.add(amount)
    }

    /// What has been counted.
    package var value: Int64 { number.value() }
}
