// The functions of libmeshllm.so: what a node needs of llama.cpp, in plain integers, pointers and structs of our own,
// so that no layout of llama.cpp's crosses the border. Implemented in C++ in native/meshllm; opened at run time by
// MeshInference, which never links it.
//
// Rules for callers
// - Functions named with a model, adapter, context or sampler run on the one thread of that model, except
//   mesh_llm_context_interrupt. llama.cpp keeps a list of adapters in the model that every context reads.
// - A context is closed before its adapter, an adapter and a sampler before their model.
// - No exception and no assertion of the library leaves these functions: they are MESH_LLM_INTERNAL, after which the
//   model and all that belongs to it should be closed.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Another number for every change of this file; a library that answers with another one is not used.
#define MESH_LLM_ABI 2

enum {
    MESH_LLM_OK = 0,
    MESH_LLM_NO_FILE = 1,      // cannot be opened or read
    MESH_LLM_UNREADABLE = 2,   // not what it should be: model, adapter, template, JSON or grammar
    MESH_LLM_MISMATCH = 3,     // an adapter of another model
    MESH_LLM_TOO_LONG = 4,     // more tokens than a batch, or more than the memory of the context has room for
    MESH_LLM_INTERRUPTED = 5,  // mesh_llm_context_interrupt was called
    MESH_LLM_NO_MEMORY = 6,
    MESH_LLM_NO_TOKEN = 7,     // a grammar that no token of the model continues
    MESH_LLM_INTERNAL = 8,     // an assertion or exception of the library
};

// Why something failed. `text` is the library's own and may quote what it was given: for developers, not for logs.
typedef struct {
    int32_t code;
    char text[252];
} mesh_llm_failure;

typedef struct mesh_llm_model mesh_llm_model;
typedef struct mesh_llm_adapter mesh_llm_adapter;
typedef struct mesh_llm_context mesh_llm_context;
typedef struct mesh_llm_sampler mesh_llm_sampler;
typedef struct mesh_llm_chat mesh_llm_chat;

typedef struct {
    uint64_t parameters;
    uint64_t bytes;             // of the weights
    uint64_t cell_bytes;        // of keys and values for one token
    int32_t context_tokens;     // that the model was trained with
    int32_t vocabulary;
    int32_t layers;
    int32_t width;
    int32_t takes_tools;        // the template has a place for tools
    int32_t has_template;
    int32_t goes_back;          // can forget the end of a sequence and keep its beginning
} mesh_llm_model_facts;

typedef struct {
    int32_t cells;              // tokens that all sequences together may hold
    int32_t sequences;
    int32_t batch_tokens;       // of one mesh_llm_context_decode
    int32_t threads;
} mesh_llm_context_options;

typedef struct {
    int32_t token;
    int32_t position;
    int32_t sequence;
    int32_t wants_scores;       // mesh_llm_sampler_next will be asked for this row
} mesh_llm_row;

typedef struct {
    const char *grammar;        // GBNF, or NULL
    const mesh_llm_chat *chat;  // whose grammar counts where `grammar` is NULL; or NULL
    float temperature;          // 0: the likeliest token
    float top_p;                // 1: all
    float min_p;                // 0: all
    int32_t top_k;              // 0: all
    float frequency_penalty;    // 0: none
    float presence_penalty;     // 0: none
    uint32_t seed;
} mesh_llm_sampler_options;

// MARK: Library

// MESH_LLM_ABI of the library; the only function that may be called before it is known.
int32_t mesh_llm_abi(void);
// Before anything else; more than once does no harm. Installs what turns assertions into failures, and silences the
// library.
void mesh_llm_start(void);
// The version of llama.cpp and the processor that it was compiled for, as people read it.
const char *mesh_llm_version(void);
// Frees a text that one of these functions returned.
void mesh_llm_text_free(char *text);

// MARK: Models

mesh_llm_model *mesh_llm_model_open(const char *path, mesh_llm_failure *failure);
void mesh_llm_model_close(mesh_llm_model *model);
void mesh_llm_model_describe(const mesh_llm_model *model, mesh_llm_model_facts *facts);
// Takes `text` for the model's chat template in place of the file's own. MESH_LLM_UNREADABLE: the old one stays.
int32_t mesh_llm_model_use_template(mesh_llm_model *model, const char *text, mesh_llm_failure *failure);
// Writes at most `capacity` tokens and returns how many the text has, or a negative failure code.
int32_t mesh_llm_model_tokenize(
    const mesh_llm_model *model, const char *text, size_t bytes, int32_t reads_special, int32_t *tokens,
    int32_t capacity);
// Writes at most `capacity` bytes of the token's text and returns how many it has; control tokens have none.
int32_t mesh_llm_model_piece(const mesh_llm_model *model, int32_t token, char *bytes, int32_t capacity);
// Whether generation ends with this token.
int32_t mesh_llm_model_is_end(const mesh_llm_model *model, int32_t token);

// MARK: Adapters, from the bytes of a GGUF file

mesh_llm_adapter *mesh_llm_adapter_open(
    mesh_llm_model *model, const void *bytes, size_t count, mesh_llm_failure *failure);
void mesh_llm_adapter_close(mesh_llm_adapter *adapter);

// MARK: Contexts, each with one adapter or none

mesh_llm_context *mesh_llm_context_open(
    mesh_llm_model *model, mesh_llm_adapter *adapter, const mesh_llm_context_options *options,
    mesh_llm_failure *failure);
void mesh_llm_context_close(mesh_llm_context *context);
// Bytes that the context holds, for keys, values and computing.
uint64_t mesh_llm_context_bytes(const mesh_llm_context *context);
// Computes the rows. After any failure what the rows' sequences hold from these positions on has been removed.
int32_t mesh_llm_context_decode(mesh_llm_context *context, const mesh_llm_row *rows, int32_t count);
// Ends a running mesh_llm_context_decode, or the next one. From any thread, while the context is open.
void mesh_llm_context_interrupt(mesh_llm_context *context);
// Forgets the interrupt of which no mesh_llm_context_decode has heard.
void mesh_llm_context_resume(mesh_llm_context *context);
// Forgets what a sequence holds from `position` on; negative `sequence`: all of all. MESH_LLM_TOO_LONG from models that
// cannot go back: then nothing of the sequence is left.
int32_t mesh_llm_context_remove(mesh_llm_context *context, int32_t sequence, int32_t position);
// Lets `to` begin with what `from` holds before `position`.
void mesh_llm_context_copy(mesh_llm_context *context, int32_t from, int32_t to, int32_t position);

// MARK: Choosing tokens

mesh_llm_sampler *mesh_llm_sampler_open(
    const mesh_llm_model *model, const mesh_llm_sampler_options *options, mesh_llm_failure *failure);
void mesh_llm_sampler_close(mesh_llm_sampler *sampler);
// Chooses the token after row `row` of the last decode, and remembers it; or a negative failure code.
int32_t mesh_llm_sampler_next(mesh_llm_sampler *sampler, mesh_llm_context *context, int32_t row);

// MARK: Chats and grammars

// Renders the model's template. `request` is JSON with the keys of OpenAI's API: messages, tools, tool_choice (text),
// parallel_tool_calls, json_schema. What a template may use while it is rendered is bounded: MESH_LLM_NO_MEMORY.
mesh_llm_chat *mesh_llm_chat_open(mesh_llm_model *model, const char *request, mesh_llm_failure *failure);
void mesh_llm_chat_close(mesh_llm_chat *chat);
const char *mesh_llm_chat_prompt(const mesh_llm_chat *chat, size_t *bytes);
// Texts after which the model should be stopped; NULL beyond the last.
const char *mesh_llm_chat_stop(const mesh_llm_chat *chat, int32_t index);
// An answer as a message in OpenAI's form, tool calls taken out of the text; to be freed. NULL: failure.
// `is_partial`: more will follow; what may yet become a tool call is not among the text.
char *mesh_llm_chat_parse(
    const mesh_llm_chat *chat, const char *answer, int32_t is_partial, mesh_llm_failure *failure);
// GBNF for a JSON schema, to be freed. NULL: failure, MESH_LLM_NO_MEMORY where it would use too much.
char *mesh_llm_grammar_from_schema(const char *schema, mesh_llm_failure *failure);

#ifdef __cplusplus
}
#endif
