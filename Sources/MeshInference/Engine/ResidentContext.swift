internal import CMeshLLM
internal import MeshCore

/// A context with its sequences: which answers they compute, and what those that are free still remember.
final class ResidentContext {
    /// One sequence.
    struct Slot {
        /// The answer that it computes; nil while it is free.
        var generation: Generation?
        /// What it remembers, while it is free.
        var remembered: ArraySlice<Int32> = []
        /// Whose conversation it was: others could learn from how fast they are answered what was in it.
        var tenant: TenantID?
        var lastUsed: UInt64 = 0

        var cells: Int { generation?.read ?? remembered.count }
    }

    let context: LlamaContext
    private let goesBack: Bool
    private(set) var slots: [Slot]
    private(set) var lastUsed: UInt64 = 0
    private var turn = 0

    init(_ context: LlamaContext, goesBack: Bool) {
        self.context = context
        self.goesBack = goesBack
        slots = Array(repeating: Slot(), count: context.sequences)
    }

    var isIdle: Bool { slots.allSatisfy { $0.generation == nil } }

    var generations: [Generation] { slots.compactMap(\.generation) }

    var isRunnable: Bool { slots.contains { $0.generation?.isRunnable == true } }

    /// Gives `generation` a sequence, if there is one and the memory has room for what it has to read.
    func take(_ generation: Generation, tick: UInt64) -> Bool {
        guard let index = place(for: generation) else { return false }
        let shared = generation.mayReuse && goesBack ? common(slots[index], generation) : 0
        let other = generation.mayReuse && goesBack ? bestElsewhere(index, generation) : nil
        let busy = slots.reduce(0) { $0 + ($1.generation?.read ?? 0) }
        guard busy + generation.tokens.count + 1 <= context.cells else { return false }

        slots[index].generation = generation
        slots[index].tenant = generation.tenant
        slots[index].lastUsed = tick
        lastUsed = tick
        if let other, other.count > shared + 32 {
            _ = context.forget(index, from: 0)
            context.copy(other.slot, to: index, upTo: other.count)
            generation.remembers(other.count, isReuse: true)
        } else {
            let isKept = context.forget(index, from: shared)
            generation.remembers(isKept ? shared : 0, isReuse: true)
        }
        slots[index].remembered = []
        makeRoom(for: generation.tokens.count - generation.read)
        return true
    }

    /// The free sequence that remembers most of what the generation has to read, else the one used longest ago.
    private func place(for generation: Generation) -> Int? {
        slots.indices.filter { slots[$0].generation == nil }.max { left, right in
            let shared = (common(slots[left], generation), common(slots[right], generation))
            return shared.0 != shared.1 ? shared.0 < shared.1 : slots[left].lastUsed > slots[right].lastUsed
        }
    }

    /// How many tokens a sequence has in common with what `generation` has to read; the last is always read anew, for
    /// its scores are wanted.
    private func common(_ slot: Slot, _ generation: Generation) -> Int {
        guard slot.tenant == generation.tenant else { return 0 }
        let held = slot.generation.map { $0.tokens[..<$0.read] } ?? slot.remembered
        var count = 0
        for (left, right) in zip(held, generation.tokens.dropLast()) {
            guard left == right else { break }
            count += 1
        }
        return count
    }

    private func bestElsewhere(_ index: Int, _ generation: Generation) -> (slot: Int, count: Int)? {
        slots.indices.filter { $0 != index }.map { ($0, common(slots[$0], generation)) }
            .max { $0.1 < $1.1 }.map { (slot: $0.0, count: $0.1) }
    }

    /// Forgets what free sequences remember, those used longest ago first, until `cells` more have room.
    private func makeRoom(for cells: Int) {
        while slots.reduce(cells, { $0 + $1.cells }) > context.cells {
            let oldest = slots.indices.filter { slots[$0].generation == nil && !slots[$0].remembered.isEmpty }
                .min { slots[$0].lastUsed < slots[$1].lastUsed }
            guard let oldest else { return }
            _ = context.forget(oldest, from: 0)
            slots[oldest].remembered = []
        }
    }

    /// Whether `cells` more have room, once free sequences have forgotten what they must.
    func hasRoom(for cells: Int) -> Bool {
        makeRoom(for: cells)
        return slots.reduce(cells, { $0 + $1.cells }) <= context.cells
    }

    /// Ends the use of a sequence; what it has read stays, for whoever goes on from there.
    func free(_ generation: Generation, keeps: Bool) {
        guard let index = slots.firstIndex(where: { $0.generation === generation }) else { return }
        slots[index].generation = nil
        if keeps && goesBack {
            slots[index].remembered = generation.tokens[..<generation.read]
        } else {
            _ = context.forget(index, from: 0)
            slots[index].remembered = []
        }
    }

    /// Computes something once, so that the first answer does not wait for memory to be laid out.
    func warm() {
        guard lastUsed == 0, isIdle, slots.allSatisfy({ $0.remembered.isEmpty }) else { return }
        let count = min(16, context.cells)
        let rows = (0..<count).map { position in
            let isLast = position == count - 1
            return LlamaContext.Row(token: 0, position: Int32(position), sequence: 0, wants_scores: isLast ? 1 : 0)
        }
        // Whether it worked is for the first answer to find out.
        _ = context.decode(rows)
        _ = context.forget(0, from: 0)
    }

    /// After a batch that was not computed: models that cannot go back have forgotten the sequences in it.
    func wasUndone(_ generations: [Generation]) {
        guard !goesBack else { return }
        for generation in generations { generation.read = 0 }
    }

    /// The next batch: a token of each answer, and as many of the prompts as have room, shared among them.
    ///
    /// The order changes from batch to batch, so that nobody is always the one for whom no room is left.
    func batch(upTo tokens: Int, tick: UInt64) -> [BatchPart] {
        lastUsed = tick
        turn += 1
        let order = slots.indices.map { ($0 + turn) % slots.count }
        let runnable = order.filter { slots[$0].generation?.isRunnable == true }
        var parts: [BatchPart] = []
        var left = tokens
        var prompts: [(slot: Int, generation: Generation)] = []
        for slot in runnable {
            guard let generation = slots[slot].generation else { continue }
            if generation.isAnswering {
                guard left > 0 else { continue }
                parts.append(BatchPart(slot: slot, generation: generation, count: 1))
                left -= 1
            } else {
                prompts.append((slot, generation))
            }
        }
        // However many answer, prompts go on, too.
        left = max(left, min(tokens, 16))
        for (index, prompt) in prompts.enumerated() where left > 0 {
            let share = max(1, left / (prompts.count - index))
            let count = min(share, prompt.generation.unread.count)
            parts.append(BatchPart(slot: prompt.slot, generation: prompt.generation, count: count))
            left -= count
        }
        return parts
    }
}

/// What one generation has in a batch.
struct BatchPart {
    let slot: Int
    let generation: Generation
    let count: Int
}
