// Chats: templates, and the answers that follow them.
#include "allowance.h"
#include "shim.h"

#include <memory>
#include <stdexcept>

static common_chat_templates_inputs inputs_of(const common_json &request) {
    common_chat_templates_inputs inputs;
    inputs.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
    if (request.contains("tools")) inputs.tools = common_chat_tools_parse_oaicompat(request.at("tools"));
    if (request.contains("tool_choice")) {
        inputs.tool_choice = common_chat_tool_choice_parse_oaicompat(request.at("tool_choice"));
    }
    if (request.contains("parallel_tool_calls")) {
        inputs.parallel_tool_calls = request.at("parallel_tool_calls").get<bool>();
    }
    if (request.contains("json_schema")) inputs.json_schema = request.at("json_schema").dump();
    // A date in the prompt would make the same request another one tomorrow.
    inputs.now = std::chrono::system_clock::time_point();
    return inputs;
}

// What a template may use: much for what it does to a conversation many times over, a bound for what goes on for ever.
static const size_t bytes_of_template = 32 * 1024 * 1024;
static const size_t bytes_for_each_byte = 512;

// Whether the library does nothing for this model's chats but to render the template. For some it also rewrites
// messages or knows texts that end an answer.
static bool is_plain(mesh_llm_model &model) {
    if (!model.is_plain) {
        common_chat_templates_inputs inputs;
        for (const char *role : {"user", "assistant", "user"}) {
            common_chat_msg message;
            message.role = role;
            message.content = "x";
            inputs.messages.push_back(message);
        }
        inputs.now = std::chrono::system_clock::time_point();
        const common_chat_params full = common_chat_templates_apply(model.templates.get(), inputs);
        inputs.force_pure_content = true;
        const common_chat_params pure = common_chat_templates_apply(model.templates.get(), inputs);
        model.is_plain = full.prompt == pure.prompt && full.additional_stops.empty() && full.grammar.empty();
    }
    return *model.is_plain;
}

// To find out how a template writes tool calls, it is rendered dozens of times: half a millisecond that only chats with
// tools need.
static bool has_only_words(const common_chat_templates_inputs &inputs) {
    if (!inputs.tools.empty() || !inputs.json_schema.empty()) return false;
    for (const common_chat_msg &message : inputs.messages) {
        const bool is_known = message.role == "system" || message.role == "user" || message.role == "assistant";
        if (!is_known || !message.tool_calls.empty()) return false;
    }
    return true;
}

extern "C" {

mesh_llm_chat *mesh_llm_chat_open(mesh_llm_model *model, const char *request, mesh_llm_failure *failure) {
    return guarded<mesh_llm_chat *>(failure, MESH_LLM_UNREADABLE, nullptr, [&]() -> mesh_llm_chat * {
        if (!model->templates) throw std::runtime_error("the model's chat template cannot be read");
        const allowance bounded(bytes_of_template + bytes_for_each_byte * strlen(request));
        auto chat = std::make_unique<mesh_llm_chat>();
        common_chat_templates_inputs inputs = inputs_of(common_json::parse(request));
        inputs.force_pure_content = has_only_words(inputs) && is_plain(*model);
        chat->rendered = common_chat_templates_apply(model->templates.get(), inputs);
        chat->parser = common_chat_parser_params(chat->rendered);
        if (!chat->rendered.parser.empty()) chat->parser.parser.load(chat->rendered.parser);
        return chat.release();
    });
}

void mesh_llm_chat_close(mesh_llm_chat *chat) {
    guarded<int>(nullptr, MESH_LLM_INTERNAL, 0, [&] {
        delete chat;
        return 0;
    });
}

const char *mesh_llm_chat_prompt(const mesh_llm_chat *chat, size_t *bytes) {
    *bytes = chat->rendered.prompt.size();
    return chat->rendered.prompt.data();
}

const char *mesh_llm_chat_stop(const mesh_llm_chat *chat, int32_t index) {
    const auto &stops = chat->rendered.additional_stops;
    if (index < 0 || static_cast<size_t>(index) >= stops.size()) return nullptr;
    return stops[static_cast<size_t>(index)].c_str();
}

char *mesh_llm_chat_parse(
    const mesh_llm_chat *chat, const char *answer, int32_t is_partial, mesh_llm_failure *failure) {
    return guarded<char *>(failure, MESH_LLM_UNREADABLE, nullptr, [&] {
        const allowance bounded(bytes_of_template + bytes_for_each_byte * strlen(answer));
        common_chat_msg message = common_chat_parse(answer, is_partial != 0, chat->parser);
        message.role = "assistant";
        return copied(message.to_json_oaicompat(true).dump_safe());
    });
}

}
