// Contexts: keys and values of sequences, and computing on them.
#include "context.h"

#include <memory>
#include <stdexcept>

#include "llama-ext.h"

static bool is_interrupted(void *context) {
    return static_cast<mesh_llm_context *>(context)->is_interrupted.load(std::memory_order_relaxed);
}

static int32_t outcome_of(int32_t status) {
    switch (status) {
    case 0: return MESH_LLM_OK;
    case 1: return MESH_LLM_TOO_LONG;
    case 2: return MESH_LLM_INTERRUPTED;
    default: return MESH_LLM_INTERNAL;
    }
}

extern "C" {

mesh_llm_context *mesh_llm_context_open(
    mesh_llm_model *model, mesh_llm_adapter *adapter, const mesh_llm_context_options *options,
    mesh_llm_failure *failure) {
    last_log_line().clear();
    return guarded<mesh_llm_context *>(failure, MESH_LLM_NO_MEMORY, nullptr, [&]() -> mesh_llm_context * {
        auto context = std::make_unique<mesh_llm_context>();
        context->context = nullptr;
        context->batch_tokens = options->batch_tokens;
        context->vocabulary = llama_vocab_n_tokens(model->vocab);
        context->batch = llama_batch_init(options->batch_tokens, 0, 1);

        llama_context_params parameters = llama_context_default_params();
        parameters.n_ctx = static_cast<uint32_t>(options->cells);
        parameters.n_seq_max = static_cast<uint32_t>(options->sequences);
        // One batch is one piece of work: it is computed whole or not at all.
        parameters.n_batch = static_cast<uint32_t>(options->batch_tokens);
        parameters.n_ubatch = static_cast<uint32_t>(options->batch_tokens);
        // Room for the scores of one token of each sequence, and not of every token: they are as wide as the vocabulary.
        parameters.n_outputs_max = static_cast<uint32_t>(options->sequences);
        parameters.n_threads = options->threads;
        parameters.n_threads_batch = options->threads;
        parameters.abort_callback = is_interrupted;
        parameters.abort_callback_data = context.get();
        // One memory for all sequences, so that a long conversation may use what short ones leave. What belongs to
        // others is skipped, and costs nothing with flash attention.
        parameters.kv_unified = true;
        parameters.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_AUTO;
        parameters.offload_kqv = false;
        parameters.op_offload = false;
        parameters.no_perf = true;
        context->context = llama_init_from_model(model->model, parameters);
        if (!context->context) throw std::runtime_error(last_log_line());
        if (adapter) {
            llama_adapter_lora *adapters[] = {adapter->adapter};
            float scales[] = {1};
            if (llama_set_adapters_lora(context->context, adapters, 1, scales) != 0) {
                throw std::runtime_error("the adapter is refused");
            }
        }
        return context.release();
    });
}

void mesh_llm_context_close(mesh_llm_context *context) {
    guarded<int>(nullptr, MESH_LLM_INTERNAL, 0, [&] {
        delete context;
        return 0;
    });
}

uint64_t mesh_llm_context_bytes(const mesh_llm_context *context) {
    return guarded<uint64_t>(nullptr, MESH_LLM_INTERNAL, 0, [&]() -> uint64_t {
        uint64_t bytes = 0;
        for (const auto &[type, memory] : llama_get_memory_breakdown(context->context)) {
            (void)type;
            bytes += memory.context + memory.compute;
        }
        return bytes;
    });
}

int32_t mesh_llm_context_decode(mesh_llm_context *context, const mesh_llm_row *rows, int32_t count) {
    // A larger batch is an assertion of the library, an unknown token reads outside of its tables.
    if (count <= 0 || count > context->batch_tokens) return MESH_LLM_TOO_LONG;
    llama_batch &batch = context->batch;
    batch.n_tokens = count;
    for (int32_t index = 0; index < count; ++index) {
        const mesh_llm_row &row = rows[index];
        if (row.token < 0 || row.token >= context->vocabulary) return MESH_LLM_UNREADABLE;
        batch.token[index] = row.token;
        batch.pos[index] = row.position;
        batch.n_seq_id[index] = 1;
        batch.seq_id[index][0] = row.sequence;
        batch.logits[index] = row.wants_scores != 0;
    }
    const int32_t outcome = guarded<int32_t>(nullptr, MESH_LLM_INTERNAL, MESH_LLM_INTERNAL, [&] {
        return outcome_of(llama_decode(context->context, batch));
    });
    context->is_interrupted.store(false, std::memory_order_relaxed);
    if (outcome != MESH_LLM_OK) {
        for (int32_t index = 0; index < count; ++index) {
            mesh_llm_context_remove(context, rows[index].sequence, rows[index].position);
        }
    }
    return outcome;
}

void mesh_llm_context_interrupt(mesh_llm_context *context) {
    context->is_interrupted.store(true, std::memory_order_relaxed);
}

void mesh_llm_context_resume(mesh_llm_context *context) {
    context->is_interrupted.store(false, std::memory_order_relaxed);
}

int32_t mesh_llm_context_remove(mesh_llm_context *context, int32_t sequence, int32_t position) {
    return guarded<int32_t>(nullptr, MESH_LLM_INTERNAL, MESH_LLM_INTERNAL, [&]() -> int32_t {
        llama_memory_t memory = llama_get_memory(context->context);
        if (sequence < 0) {
            llama_memory_clear(memory, false);
            return MESH_LLM_OK;
        }
        if (llama_memory_seq_rm(memory, sequence, position, -1)) return MESH_LLM_OK;
        // Models with a running state cannot go back: all is forgotten, and the caller begins again.
        llama_memory_seq_rm(memory, sequence, -1, -1);
        return MESH_LLM_TOO_LONG;
    });
}

void mesh_llm_context_copy(mesh_llm_context *context, int32_t from, int32_t to, int32_t position) {
    guarded<int>(nullptr, MESH_LLM_INTERNAL, 0, [&] {
        llama_memory_seq_cp(llama_get_memory(context->context), from, to, 0, position);
        return 0;
    });
}

}
