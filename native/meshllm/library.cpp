// Start, version, log and memory of texts.
#include "shim.h"

#include <cstdlib>
#include <mutex>
#include <stdexcept>

#include "ggml.h"
#include "log.h"

std::string &last_log_line() {
    static thread_local std::string line;
    return line;
}

static void keep_errors(ggml_log_level level, const char *text, void *) {
    if (level != GGML_LOG_LEVEL_ERROR || !text) return;
    try {
        last_log_line() = text;
    } catch (...) {
    }
}

// ggml calls abort() once this returns, so it does not. On another thread than the caller's nobody catches this, and
// the process ends as it would have: only models with several threads can get there.
static void refuse(const char *message) { throw std::runtime_error(message); }

char *copied(const std::string &text) {
    auto *bytes = static_cast<char *>(malloc(text.size() + 1));
    if (!bytes) throw std::bad_alloc();
    memcpy(bytes, text.c_str(), text.size() + 1);
    return bytes;
}

extern "C" {

int32_t mesh_llm_abi(void) { return MESH_LLM_ABI; }

void mesh_llm_start(void) {
    static std::once_flag is_started;
    std::call_once(is_started, [] {
        // In place of ggml's handler, which starts a debugger to print where the process was.
        std::set_terminate(std::abort);
        ggml_set_abort_callback(refuse);
        llama_log_set(keep_errors, nullptr);
        common_log_set_verbosity_thold(-1);
        llama_backend_init();
    });
}

const char *mesh_llm_version(void) {
    static const std::string version =
        guarded<std::string>(nullptr, MESH_LLM_INTERNAL, "unknown", [] {
            return std::string("llama.cpp ") + llama_version() + ", " + llama_print_system_info();
        });
    return version.c_str();
}

void mesh_llm_text_free(char *text) { free(text); }

}
