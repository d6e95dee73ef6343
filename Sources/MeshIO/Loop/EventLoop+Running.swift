internal import CMeshSockets
internal import Glibc
internal import MeshCore

// MARK: - The thread

extension EventLoop {
    func runThread() {
        cmesh_set_current_loop(identity)
        while !turn() {}
        runLastRounds()
        let (waiters, hasRest) = inbox.withLock { inbox in
            let waiters = inbox.end(withRest: !turns.local.isEmpty)
            return (waiters, inbox.startsThreadForRest)
        }
        cmesh_set_current_loop(nil)
        if hasRest { startThreadForRest() }
        for waiter in waiters { waiter.resume() }
        latch.open()
    }

    /// One turn; true once the loop is to end.
    private func turn() -> Bool {
        turns.runHooks()
        let wait = turns.timeToWait()
        let isWaiting = wait != 0 && inbox.withLock { $0.fallAsleep() }
        let count = turns.wait(nanoseconds: isWaiting ? wait : 0)
        let isToEnd = inbox.withLock { $0.wakeUp(into: &turns.local) }
        turns.deliverEvents(count)
        runWork()
        turns.fireTimers()
        return isToEnd
    }

    private func runWork() {
        for number in 1...Limits.IO.maximumJobsPerTurn {
            guard let work = turns.local.popFirst() else { return }
            perform(work)
            // What so many have collected leaves, so that a peer works on it while the others run.
            if number.isMultiple(of: Limits.IO.jobsBetweenHooks) { turns.runHooks() }
        }
    }

    private func perform(_ work: LoopWork) {
        switch work {
        case .job(let job):
            job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(),
                taskExecutor: asUnownedTaskExecutor()
            )
        case .task(let job, let executor): job.runSynchronously(on: executor)
        case .closure(let body): body()
        }
    }
}

// MARK: - The end

extension EventLoop {
    /// Asks the loop to end: hooks that are marked and work that is queued still run, handlers and timers are let go,
    /// sleepers are cancelled.
    package func stop() {
        if inbox.withLock({ $0.stop() }) == .wakesLoop { turns.wake() }
    }

    /// Returns once the thread has ended.
    ///
    /// Blocks: not for tasks, not on the loop.
    package func join() {
        precondition(!isOnLoop, "the loop '\(name)' would wait for itself")
        latch.wait()
    }

    /// Returns once the thread has ended.
    package func ended() async {
        await withCheckedContinuation { continuation in
            let isKept = inbox.withLock { $0.wait(continuation) }
            if !isKept { continuation.resume() }
        }
    }

    private func runLastRounds() {
        // What was collected last leaves too: it may be the good-bye.
        turns.runHooks()
        turns.end()
        for _ in 0..<Limits.IO.maximumRoundsAfterStop {
            _ = inbox.withLock { $0.wakeUp(into: &turns.local) }
            guard !turns.local.isEmpty else { return }
            runWork()
        }
    }

    /// Runs what came after the end, so that no task hangs for ever; one thread at a time.
    func startThreadForRest() {
        let isStarted = LoopThread.start(name: name) { self.runRest() }
        // No thread to be had: the caller's does it. A job that takes a lock the caller holds would then wait for ever,
        // but without threads nothing would go on anyway.
        if !isStarted { runRest() }
    }

    private func runRest() {
        let before = cmesh_current_loop()
        cmesh_set_current_loop(identity)
        while inbox.withLock({ $0.takeRest(into: &turns.local) }) {
            while let work = turns.local.popFirst() { perform(work) }
        }
        cmesh_set_current_loop(before)
    }
}
