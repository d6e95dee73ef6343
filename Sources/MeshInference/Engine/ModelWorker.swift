internal import CMeshLLM
internal import MeshChat
internal import MeshCore

/// What one model's thread does.
///
/// Admits answers, computes batches, hands out tokens. Confined to that thread.
final class ModelWorker {
    let model: LlamaModel
    let head: GGUFHead
    let configuration: EmbeddedModel
    let clock: any Clock
    let running: RunningBatch
    let contextTokens: Int
    private let cells: Int

    var adapters: [UInt64: ResidentAdapter] = [:]
    /// Adapters that were let go while answers used them.
    var leaving: [UInt64: ResidentAdapter] = [:]
    var contexts: [UInt64?: ResidentContext] = [:]
    var waiting = FairQueue<Generation>()
    var tick: UInt64 = 0
    private var secondsPerToken = 0.0
    /// Tokens that were computed, prompts and answers together.
    private(set) var computedTokens: UInt64 = 0

    init(
        _ configuration: EmbeddedModel,
        head: GGUFHead,
        library: LlamaLibrary,
        running: RunningBatch,
        clock: any Clock
    ) throws(EngineError) {
        model = try LlamaModel(library, path: configuration.path)
        if let template = configuration.template {
            try TemplateCheck.check(template)
            try model.use(template: template)
        }
        self.head = head
        self.configuration = configuration
        self.clock = clock
        self.running = running
        let trained = max(1, Int(model.facts.context_tokens))
        let wanted = configuration.contextTokens ?? min(trained, Limits.Inference.maximumContextTokens)
        contextTokens = max(16, min(wanted, trained))
        // Room for several conversations, but in no more than half of the memory that all contexts may have.
        let affordable = configuration.contextBytes / 2 / max(1, Int(model.facts.cell_bytes))
        cells = max(contextTokens, min(Limits.Inference.maximumContextTokens, affordable))
    }

    // MARK: - The loop

    /// Makes calls and computes until the thread is closed.
    func run(_ thread: EngineThread<ModelWorker>) {
        while true {
            var waits = !step()
            while true {
                let (call, isClosed) = thread.next(waits: waits, patience: waits ? patience : nil)
                // What was called for may be work to do.
                waits = false
                if let call {
                    call(self)
                } else if isClosed {
                    return end()
                } else {
                    break
                }
            }
        }
    }

    /// How long nothing can happen of itself: until the first deadline.
    private var patience: Duration? {
        let all = waiting.all + contexts.values.flatMap(\.generations)
        return all.compactMap(\.deadline).min().map { max(.zero, $0 - clock.now) }
    }

    private func end() {
        let gone = ChatError(.unavailable, "the embedded engine has been closed")
        for generation in waiting.remove(where: { _ in true }) { generation.fail(gone) }
        for context in contexts.values { for generation in context.generations { generation.fail(gone) } }
        contexts = [:]
        adapters = [:]
        leaving = [:]
    }

    /// One piece of work: true where there was any.
    private func step() -> Bool {
        sweep()
        if !leaving.isEmpty { dropUnused() }
        admit()
        guard let (key, context) = nextContext() else { return false }
        tick += 1
        compute(context, key: key)
        return true
    }

    /// Lets go of those whose reader has left or whose time is over.
    private func sweep() {
        let now = clock.now
        let isOver = { (generation: Generation) -> ChatError? in
            if generation.channel.isCancelled { return ChatError(.cancelled, "the answer was stopped") }
            if let deadline = generation.deadline, deadline <= now {
                return ChatError(.timedOut, "the answer was not ready in time")
            }
            return nil
        }
        for generation in waiting.remove(where: { isOver($0) != nil }) { isOver(generation).map(generation.fail) }
        for context in contexts.values {
            for generation in context.generations {
                guard let error = isOver(generation) else { continue }
                generation.fail(error)
                context.free(generation, keeps: true)
            }
        }
    }

    // MARK: - Admission

    private func admit() {
        while waiting.count > 0 {
            var isBlocked = false
            let taken = waiting.takeFirst { generation in
                guard !isBlocked else { return false }
                guard let context = context(for: generation) else {
                    // Where memory is short nobody overtakes: those who could would keep it short.
                    isBlocked = true
                    return false
                }
                return context.take(generation, tick: tick)
            }
            guard let taken else { return }
            taken.begin(model: configuration.name)
        }
    }

    private func context(for generation: Generation) -> ResidentContext? {
        do throws(EngineError) {
            return try context(of: generation.adapter)
        } catch {
            generation.fail(error.forChats)
            return nil
        }
    }

    /// The context of an adapter, made if there is none; nil where memory must become free first.
    func context(of adapter: UInt64?) throws(EngineError) -> ResidentContext? {
        if let context = contexts[adapter] { return context }
        let estimate = UInt64(cells) * UInt64(model.facts.cell_bytes)
        while !contexts.isEmpty
            && contexts.values.reduce(estimate, { $0 + $1.context.bytes }) > UInt64(configuration.contextBytes)
        {
            let idle = contexts.filter { $0.value.isIdle }.min { $0.value.lastUsed < $1.value.lastUsed }
            guard let idle else { return nil }
            contexts[idle.key] = nil
        }
        let made = ResidentContext(
            try LlamaContext(
                model,
                adapter: adapter.flatMap { (adapters[$0] ?? leaving[$0])?.adapter },
                cells: cells,
                sequences: max(1, min(configuration.sequences, Limits.Inference.maximumSequences)),
                batchTokens: Limits.Inference.maximumBatchTokens,
                threads: max(1, configuration.threads)
            ),
            goesBack: model.facts.goes_back != 0
        )
        contexts[adapter] = made
        return made
    }

    /// The context whose turn it is: the one that was served longest ago.
    private func nextContext() -> (UInt64?, ResidentContext)? {
        contexts.filter { $0.value.isRunnable }.min { left, right in
            (left.value.lastUsed, left.key ?? 0) < (right.value.lastUsed, right.key ?? 0)
        }.map { ($0.key, $0.value) }
    }

    // MARK: - Computing

    private func compute(_ resident: ResidentContext, key: UInt64?) {
        var parts = resident.batch(upTo: batchTokens, tick: tick)
        while !parts.isEmpty && !resident.hasRoom(for: parts.reduce(0) { $0 + $1.count }) {
            guard makeRoom(in: resident) else { break }
            parts = resident.batch(upTo: batchTokens, tick: tick)
        }
        guard !parts.isEmpty else { return }
        var rows: [LlamaContext.Row] = []
        for part in parts {
            let last = part.generation.tokens.count - 1
            for offset in 0..<part.count {
                let position = part.generation.read + offset
                rows.append(
                    LlamaContext.Row(
                        token: part.generation.tokens[position],
                        position: Int32(position),
                        sequence: Int32(part.slot),
                        wants_scores: position == last ? 1 : 0
                    )
                )
            }
        }
        running.begin(resident.context, for: parts.map(\.generation.id))
        // Whoever left before he was named here would have called in vain.
        guard !parts.contains(where: { $0.generation.channel.isCancelled }) else { return running.end() }
        let start = clock.now
        let outcome = resident.context.decode(rows)
        running.end()
        switch outcome {
        case .done:
            computedTokens += UInt64(rows.count)
            learn(clock.now - start, tokens: rows.count)
            handOut(parts, resident)
        case .interrupted: resident.wasUndone(parts.map(\.generation))
        case .full:
            resident.wasUndone(parts.map(\.generation))
            if !makeRoom(in: resident) { for part in parts { stop(part.generation, resident) } }
        case .failed:
            let error = ChatError(.engineFailed, "the engine's library failed")
            for generation in resident.generations { generation.fail(error) }
            contexts[key] = nil
        }
    }

    private func handOut(_ parts: [BatchPart], _ resident: ResidentContext) {
        var row = -1
        for part in parts {
            row += part.count
            let generation = part.generation
            generation.read += part.count
            guard generation.unread.isEmpty else { continue }
            do throws(EngineError) {
                if generation.onlyReads {
                    generation.finish(.endOfTurn)
                } else {
                    let isOver = try generation.step(resident.context, row: row)
                    guard isOver else { continue }
                }
            } catch {
                generation.fail(error.forChats)
            }
            resident.free(generation, keeps: true)
        }
    }

    /// Sends the youngest of several answers back to wait, from the beginning; false where there is only one.
    private func makeRoom(in resident: ResidentContext) -> Bool {
        let generations = resident.generations
        guard generations.count > 1, let youngest = generations.min(by: { $0.tokens.count < $1.tokens.count }) else {
            return false
        }
        resident.free(youngest, keeps: false)
        youngest.read = 0
        waiting.putBack(youngest, of: youngest.tenant)
        return true
    }

    private func stop(_ generation: Generation, _ resident: ResidentContext) {
        generation.finish(.contextFull)
        resident.free(generation, keeps: false)
    }

    /// As many tokens as take about a fiftieth of a second, so that others have their turn.
    private var batchTokens: Int {
        guard secondsPerToken > 0 else { return 64 }
        let seconds = 0.02
        return max(
            Limits.Inference.maximumSequences,
            min(Limits.Inference.maximumBatchTokens, Int(seconds / secondsPerToken))
        )
    }

    private func learn(_ duration: Duration, tokens: Int) {
        // A token alone costs as much as a dozen together: small batches say nothing of large ones.
        guard tokens >= 16 || secondsPerToken == 0 else { return }
        let seconds = Double(duration.wholeNanoseconds) / 1e9 / Double(tokens)
        secondsPerToken = secondsPerToken == 0 ? seconds : secondsPerToken * 0.8 + seconds * 0.2
    }
}
