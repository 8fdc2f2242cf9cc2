SELECT JSON_PARSE({{ schema }}.__QUADINT_TOCHILDREN({{ quadint }}, {{ resolution }}))
