// A context as the shim keeps it.
#pragma once

#include "shim.h"

#include <atomic>
#include <vector>

struct mesh_llm_context {
    llama_context *context;
    std::atomic<bool> is_interrupted{false};
    int32_t batch_tokens;
    int32_t vocabulary;
    llama_batch batch;

    ~mesh_llm_context() {
        if (context) llama_free(context);
        llama_batch_free(batch);
    }
};
