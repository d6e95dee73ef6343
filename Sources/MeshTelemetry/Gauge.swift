/// A number that goes up and down.
///
/// Cheap to touch from any thread.
package final class Gauge: Sendable {
    private let number = SharedNumbers(count: 1)

    init() {}

    /// Puts `value` in the place of what was there; nanoseconds where the unit is seconds.
    package func set(_ value: Int64) { number.set(value) }

    /// Adds `amount`, which may be negative.
    package func add(_ amount: Int64) { number.add(amount) }

    /// What it shows.
    package var value: Int64 { number.value() }
}
