SELECT JSON_PARSE({{ schema }}.__S2_TOCHILDREN({{ id }}, {{ resolution }}))
