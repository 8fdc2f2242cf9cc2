SELECT JSON_PARSE({{ schema }}.__QUADBIN_TOCHILDREN({{ quadbin }}, {{ resolution }}))
