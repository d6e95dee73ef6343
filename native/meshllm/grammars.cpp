// Grammars from JSON schemas.
#include "allowance.h"
#include "shim.h"

#include "json-schema-to-grammar.h"

extern "C" char *mesh_llm_grammar_from_schema(const char *schema, mesh_llm_failure *failure) {
    return guarded<char *>(failure, MESH_LLM_UNREADABLE, nullptr, [&] {
        // The properties that an object may leave out cost the square of their number.
        const allowance bounded(256 * 1024 * 1024);
        return copied(json_schema_to_grammar(common_json::parse(schema), /* force_gbnf */ true));
    });
}
