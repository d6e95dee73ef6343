// What the files of the shim share.
#pragma once

#include "CMeshLLM.h"

#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>

#include "chat.h"
#include "llama.h"

struct mesh_llm_model {
    llama_model *model;
    const llama_vocab *vocab;
    common_chat_templates_ptr templates;  // null where the model's template cannot be read
    // Whether chats without tools need nothing but the template's words; unknown until the first one.
    std::optional<bool> is_plain;
};

struct mesh_llm_adapter {
    llama_adapter_lora *adapter;
};

struct mesh_llm_chat {
    common_chat_params rendered;
    common_chat_parser_params parser;
};

// The last error that the library logged on this thread; its functions return no reasons.
std::string &last_log_line();

inline void fail(mesh_llm_failure *failure, int32_t code, const std::string &text) {
    if (!failure) return;
    failure->code = code;
    const size_t bytes = std::min(text.size(), sizeof(failure->text) - 1);
    memcpy(failure->text, text.data(), bytes);
    failure->text[bytes] = 0;
}

char *copied(const std::string &text);

// Runs `body`; what it throws becomes `code`, a lack of memory its own code, and `otherwise` is returned.
template <typename Result, typename Body>
Result guarded(mesh_llm_failure *failure, int32_t code, Result otherwise, Body body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        fail(failure, MESH_LLM_NO_MEMORY, "out of memory");
    } catch (const std::exception &error) {
        fail(failure, code, error.what());
    } catch (...) {
        fail(failure, MESH_LLM_INTERNAL, "an exception of no known type");
    }
    return otherwise;
}
