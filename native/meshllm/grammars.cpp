// Grammars from JSON schemas.
#include "shim.h"

#include "json-schema-to-grammar.h"

extern "C" char *mesh_llm_grammar_from_schema(const char *schema, mesh_llm_failure *failure) {
    return guarded<char *>(failure, MESH_LLM_UNREADABLE, nullptr, [&] {
        return copied(json_schema_to_grammar(common_json::parse(schema), /* force_gbnf */ true));
    });
}
