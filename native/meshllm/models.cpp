// Models: opening, facts, tokens.
#include "allowance.h"
#include "shim.h"

#include <memory>
#include <stdexcept>

static int32_t cell_bytes(const llama_model *model) {
    // Half precision for a key and a value of every layer.
    const int32_t heads = llama_model_n_head(model);
    const int32_t kept = llama_model_n_head_kv(model);
    if (heads <= 0) return 0;
    return 2 * 2 * llama_model_n_layer(model) * (llama_model_n_embd(model) / heads) * kept;
}

// What it may cost to find out what a template can do: it is rendered with a dozen conversations.
static const size_t bytes_of_templates = 32 * 1024 * 1024;

extern "C" {

mesh_llm_model *mesh_llm_model_open(const char *path, mesh_llm_failure *failure) {
    last_log_line().clear();
    return guarded<mesh_llm_model *>(failure, MESH_LLM_UNREADABLE, nullptr, [&]() -> mesh_llm_model * {
        llama_model_params parameters = llama_model_default_params();
        parameters.n_gpu_layers = 0;
        parameters.load_mode = LLAMA_LOAD_MODE_MMAP;
        // Repacked copies of the weights are faster for some processors, and cost the memory of the model once more.
        parameters.use_extra_bufts = false;
        llama_model *loaded = llama_model_load_from_file(path, parameters);
        if (!loaded) {
            fail(failure, MESH_LLM_UNREADABLE, last_log_line());
            return nullptr;
        }
        std::unique_ptr<llama_model, decltype(&llama_model_free)> owner(loaded, llama_model_free);
        const bool answers = llama_model_has_decoder(loaded) && !llama_model_has_encoder(loaded)
            && !llama_model_is_diffusion(loaded);
        if (!answers || llama_vocab_n_tokens(llama_model_get_vocab(loaded)) <= 0) {
            throw std::runtime_error("no model that continues text");
        }
        auto model = std::make_unique<mesh_llm_model>();
        model->vocab = llama_model_get_vocab(loaded);
        try {
            const allowance bounded(bytes_of_templates);
            model->templates = common_chat_templates_init(loaded, "");
        } catch (const std::exception &) {
            model->templates = nullptr;
        }
        model->model = owner.release();
        return model.release();
    });
}

void mesh_llm_model_close(mesh_llm_model *model) {
    guarded<int>(nullptr, MESH_LLM_INTERNAL, 0, [&] {
        if (model) {
            llama_model_free(model->model);
            delete model;
        }
        return 0;
    });
}

int32_t mesh_llm_model_use_template(mesh_llm_model *model, const char *text, mesh_llm_failure *failure) {
    return guarded<int32_t>(failure, MESH_LLM_UNREADABLE, MESH_LLM_UNREADABLE, [&] {
        const allowance bounded(bytes_of_templates);
        model->templates = common_chat_templates_init(model->model, text);
        model->is_plain.reset();
        return MESH_LLM_OK;
    });
}

void mesh_llm_model_describe(const mesh_llm_model *model, mesh_llm_model_facts *facts) {
    memset(facts, 0, sizeof *facts);
    guarded<int>(nullptr, MESH_LLM_INTERNAL, 0, [&] {
        const llama_model *known = model->model;
        facts->parameters = llama_model_n_params(known);
        facts->bytes = llama_model_size(known);
        facts->cell_bytes = cell_bytes(known);
        facts->context_tokens = llama_model_n_ctx_train(known);
        facts->vocabulary = llama_vocab_n_tokens(model->vocab);
        facts->layers = llama_model_n_layer(known);
        facts->width = llama_model_n_embd(known);
        facts->has_template = model->templates && llama_model_chat_template(known, nullptr);
        facts->goes_back = !llama_model_is_recurrent(known) && !llama_model_is_hybrid(known);
        if (model->templates) {
            facts->takes_tools = common_chat_templates_get_caps(model->templates.get())["supports_tools"];
        }
        return 0;
    });
}

int32_t mesh_llm_model_tokenize(
    const mesh_llm_model *model, const char *text, size_t bytes, int32_t reads_special, int32_t *tokens,
    int32_t capacity) {
    return guarded<int32_t>(nullptr, MESH_LLM_INTERNAL, -MESH_LLM_INTERNAL, [&]() -> int32_t {
        if (bytes > INT32_MAX) return -MESH_LLM_TOO_LONG;
        const int32_t count = llama_tokenize(
            model->vocab, text, static_cast<int32_t>(bytes), tokens, capacity, /* add_special */ reads_special != 0,
            reads_special != 0);
        // Where there is no room the library says how many there are, negated.
        if (count == INT32_MIN) return -MESH_LLM_TOO_LONG;
        return count < 0 ? -count : count;
    });
}

int32_t mesh_llm_model_piece(const mesh_llm_model *model, int32_t token, char *bytes, int32_t capacity) {
    return guarded<int32_t>(nullptr, MESH_LLM_INTERNAL, 0, [&]() -> int32_t {
        if (token < 0 || token >= llama_vocab_n_tokens(model->vocab)) return 0;
        const int32_t count = llama_token_to_piece(model->vocab, token, bytes, capacity, 0, /* special */ false);
        return count < 0 ? -count : count;
    });
}

int32_t mesh_llm_model_is_end(const mesh_llm_model *model, int32_t token) {
    return token < 0 || llama_vocab_is_eog(model->vocab, token);
}

}
