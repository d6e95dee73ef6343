// Adapters, read from memory: what the mesh delivers needs no file.
#include "shim.h"

#include <cstdio>
#include <memory>

extern "C" {

mesh_llm_adapter *mesh_llm_adapter_open(
    mesh_llm_model *model, const void *bytes, size_t count, mesh_llm_failure *failure) {
    last_log_line().clear();
    return guarded<mesh_llm_adapter *>(failure, MESH_LLM_UNREADABLE, nullptr, [&]() -> mesh_llm_adapter * {
        // "r": nothing is written through the pointer that loses its const here.
        std::unique_ptr<FILE, int (*)(FILE *)> file(fmemopen(const_cast<void *>(bytes), count, "rb"), fclose);
        if (!file) {
            fail(failure, MESH_LLM_NO_FILE, "no bytes");
            return nullptr;
        }
        auto adapter = std::make_unique<mesh_llm_adapter>();
        adapter->adapter = llama_adapter_lora_init_from_file_ptr(model->model, file.get());
        if (!adapter->adapter) {
            const std::string &reason = last_log_line();
            const bool is_other = reason.find("mismatch") != std::string::npos
                || reason.find("wrong base model") != std::string::npos;
            fail(failure, is_other ? MESH_LLM_MISMATCH : MESH_LLM_UNREADABLE, reason);
            return nullptr;
        }
        return adapter.release();
    });
}

void mesh_llm_adapter_close(mesh_llm_adapter *adapter) {
    guarded<int>(nullptr, MESH_LLM_INTERNAL, 0, [&] {
        if (adapter) {
            llama_adapter_lora_free(adapter->adapter);
            delete adapter;
        }
        return 0;
    });
}

}
