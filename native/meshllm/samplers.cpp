// Choosing tokens.
#include "allowance.h"
#include "context.h"

#include <cctype>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "common.h"

// What a grammar may use to be read, and to find what it lets follow: where there are many ways it goes them all.
static const size_t bytes_of_grammar = 256 * 1024 * 1024;

namespace {

struct sampler_deleter {
    void operator()(llama_sampler *sampler) const { llama_sampler_free(sampler); }
};
using sampler_pointer = std::unique_ptr<llama_sampler, sampler_deleter>;

}

struct mesh_llm_sampler {
    sampler_pointer chain;
    sampler_pointer grammar;
    std::vector<llama_token_data> candidates;
    int32_t vocabulary;
};

static void add(llama_sampler *chain, llama_sampler *part) {
    if (!part) throw std::bad_alloc();
    llama_sampler_chain_add(chain, part);
}

static sampler_pointer chain_of(const mesh_llm_sampler_options &options, int32_t vocabulary) {
    const int32_t remembered_tokens = 256;
    sampler_pointer chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    if (!chain) throw std::bad_alloc();
    if (options.frequency_penalty != 0 || options.presence_penalty != 0) {
        add(chain.get(), llama_sampler_init_penalties(
            vocabulary, remembered_tokens, 1, options.frequency_penalty, options.presence_penalty));
    }
    if (options.temperature <= 0) {
        add(chain.get(), llama_sampler_init_greedy());
        return chain;
    }
    if (options.top_k > 0) add(chain.get(), llama_sampler_init_top_k(options.top_k));
    if (options.top_p < 1) add(chain.get(), llama_sampler_init_top_p(options.top_p, 1));
    if (options.min_p > 0) add(chain.get(), llama_sampler_init_min_p(options.min_p, 1));
    add(chain.get(), llama_sampler_init_temp(options.temperature));
    add(chain.get(), llama_sampler_init_dist(options.seed));
    return chain;
}

// A template's grammar begins where the prompt's last words do: it goes on behind what the template said of the answer.
static void follow(llama_sampler *grammar, const llama_vocab *vocab, const std::string &said) {
    if (said.empty()) return;
    const std::vector<llama_token> tokens = common_tokenize(vocab, said, /* add_special */ false, /* special */ true);
    for (size_t index = 0; index < tokens.size(); ++index) {
        const std::string piece = common_token_to_piece(vocab, tokens[index], /* special */ true);
        // Some vocabularies put a space before the first one.
        const bool is_added = index == 0 && !piece.empty() && isspace(piece[0]) && !isspace(said[0]);
        if (!is_added) llama_sampler_accept(grammar, tokens[index]);
    }
}

static sampler_pointer grammar_of(const llama_vocab *vocab, const mesh_llm_sampler_options &options) {
    if (options.grammar) return sampler_pointer(llama_sampler_init_grammar(vocab, options.grammar, "root"));
    const common_chat_params &rendered = options.chat->rendered;
    if (!rendered.grammar_lazy) {
        sampler_pointer grammar(llama_sampler_init_grammar(vocab, rendered.grammar.c_str(), "root"));
        if (grammar) follow(grammar.get(), vocab, rendered.generation_prompt);
        return grammar;
    }
    // The grammar counts from the moment that the answer begins to call a tool.
    std::vector<std::string> patterns;
    std::vector<llama_token> tokens;
    for (const common_grammar_trigger &trigger : rendered.grammar_triggers) {
        switch (trigger.type) {
        case COMMON_GRAMMAR_TRIGGER_TYPE_WORD: patterns.push_back(regex_escape(trigger.value)); break;
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN: patterns.push_back(trigger.value); break;
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN_FULL: patterns.push_back("^" + trigger.value + "$"); break;
        case COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN: tokens.push_back(trigger.token); break;
        }
    }
    std::vector<const char *> texts;
    for (const std::string &pattern : patterns) texts.push_back(pattern.c_str());
    return sampler_pointer(llama_sampler_init_grammar_lazy_patterns(
        vocab, rendered.grammar.c_str(), "root", texts.data(), texts.size(), tokens.data(), tokens.size()));
}

static llama_token_data_array scores(mesh_llm_sampler &sampler, const float *logits) {
    sampler.candidates.resize(static_cast<size_t>(sampler.vocabulary));
    for (int32_t token = 0; token < sampler.vocabulary; ++token) {
        sampler.candidates[static_cast<size_t>(token)] = {token, logits[token], 0};
    }
    return {sampler.candidates.data(), sampler.candidates.size(), -1, false};
}

static bool allows(llama_sampler *grammar, llama_token token) {
    llama_token_data candidate = {token, 1, 0};
    llama_token_data_array alone = {&candidate, 1, -1, false};
    llama_sampler_apply(grammar, &alone);
    return !std::isinf(candidate.logit);
}

static int32_t chosen(const llama_token_data_array &array) {
    if (array.selected < 0 || static_cast<size_t>(array.selected) >= array.size) return -MESH_LLM_NO_TOKEN;
    return array.data[array.selected].id;
}

static int32_t next(mesh_llm_sampler &sampler, const float *logits) {
    llama_token_data_array array = scores(sampler, logits);
    llama_sampler_apply(sampler.chain.get(), &array);
    int32_t token = chosen(array);
    if (token < 0) return token;
    // To ask a grammar about one token is cheap, and most tokens are right; about all of them it is not.
    if (sampler.grammar && !allows(sampler.grammar.get(), token)) {
        array = scores(sampler, logits);
        llama_sampler_apply(sampler.grammar.get(), &array);
        llama_sampler_apply(sampler.chain.get(), &array);
        token = chosen(array);
        if (token < 0 || !allows(sampler.grammar.get(), token)) return -MESH_LLM_NO_TOKEN;
    }
    llama_sampler_accept(sampler.chain.get(), token);
    if (sampler.grammar) llama_sampler_accept(sampler.grammar.get(), token);
    return token;
}

extern "C" {

mesh_llm_sampler *mesh_llm_sampler_open(
    const mesh_llm_model *model, const mesh_llm_sampler_options *options, mesh_llm_failure *failure) {
    return guarded<mesh_llm_sampler *>(failure, MESH_LLM_UNREADABLE, nullptr, [&]() -> mesh_llm_sampler * {
        auto sampler = std::make_unique<mesh_llm_sampler>();
        sampler->vocabulary = llama_vocab_n_tokens(model->vocab);
        sampler->chain = chain_of(*options, sampler->vocabulary);
        const allowance bounded(bytes_of_grammar);
        if (options->grammar || (options->chat && !options->chat->rendered.grammar.empty())) {
            sampler->grammar = grammar_of(model->vocab, *options);
            if (!sampler->grammar) throw std::runtime_error("the grammar cannot be read");
        }
        return sampler.release();
    });
}

void mesh_llm_sampler_close(mesh_llm_sampler *sampler) {
    guarded<int>(nullptr, MESH_LLM_INTERNAL, 0, [&] {
        delete sampler;
        return 0;
    });
}

int32_t mesh_llm_sampler_next(mesh_llm_sampler *sampler, mesh_llm_context *context, int32_t row) {
    return guarded<int32_t>(nullptr, MESH_LLM_INTERNAL, -MESH_LLM_INTERNAL, [&]() -> int32_t {
        const float *logits = llama_get_logits_ith(context->context, row);
        if (!logits) return -MESH_LLM_INTERNAL;
        const allowance bounded(bytes_of_grammar);
        return next(*sampler, logits);
    });
}

}
