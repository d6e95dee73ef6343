internal import Glibc

/// Hands values from many threads to one that sleeps while there are none.
package final class RequestQueue<Element>: @unchecked Sendable {
    // Sendable: everything mutable is touched only under `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var elements: [Element] = []
    private var isClosed = false
    private var isSleeping = false
    private let capacity: Int
    private let byteCapacity: Int
    private var bytes = 0
    private var waitingForRoom: [() -> Void] = []

    /// Why an element was not taken in.
    package enum Refusal: Error {
        case full, closed
    }

    /// A queue for at most `capacity` elements, of which the last passes `byteCapacity` at most.
    package init(capacity: Int, byteCapacity: Int = .max) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        let status = pthread_mutex_init(mutex, nil) | pthread_cond_init(condition, &attributes)
        precondition(status == 0, "the operating system has no lock for a queue")
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Takes `element` with its `bytes` in, or says why not; one without bytes needs only a place.
    package func append(_ element: Element, bytes: Int = 0) -> Refusal? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if isClosed { return .closed }
        if elements.count >= capacity || bytes > 0 && isFull { return .full }
        elements.append(element)
        self.bytes += bytes
        if isSleeping {
            isSleeping = false
            pthread_cond_signal(condition)
        }
        return nil
    }

    /// How many elements wait, and their bytes.
    package var depth: (elements: Int, bytes: Int) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return (elements.count, bytes)
    }

    private var isFull: Bool { elements.count >= capacity || bytes >= byteCapacity }

    /// Calls `resume` when there may be room again, or there will never be: at once where that is so now.
    ///
    /// Each of those who wait here holds its own element; the next may be full again when it comes.
    package func whenThereIsRoom(_ resume: @escaping () -> Void) {
        pthread_mutex_lock(mutex)
        let mustWait = isFull && !isClosed
        if mustWait { waitingForRoom.append(resume) }
        pthread_mutex_unlock(mutex)
        if !mustWait { resume() }
    }

    /// Refuses everything from now on; what is inside is still handed out.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(condition)
        let resumptions = waitingForRoom
        waitingForRoom = []
        pthread_mutex_unlock(mutex)
        for resume in resumptions { resume() }
    }

    /// Exchanges the empty `batch` for everything inside, sleeping until there is something or `patience` is over.
    ///
    /// Returns false when the queue is closed and empty.
    package func take(into batch: inout [Element], patience: Duration?) -> Bool {
        pthread_mutex_lock(mutex)
        if elements.isEmpty && !isClosed { sleep(patience) }
        swap(&batch, &elements)
        bytes = 0
        let isOver = batch.isEmpty && isClosed
        let resumptions = waitingForRoom
        if !resumptions.isEmpty { waitingForRoom = [] }
        pthread_mutex_unlock(mutex)
        for resume in resumptions { resume() }
        return !isOver
    }

    private func sleep(_ patience: Duration?) {
        isSleeping = true
        defer { isSleeping = false }
        guard let patience else {
            while elements.isEmpty && !isClosed { pthread_cond_wait(condition, mutex) }
            return
        }
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + Int(patience / .nanoseconds(1))
        deadline.tv_sec += nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        while elements.isEmpty && !isClosed {
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return }
        }
    }
}
