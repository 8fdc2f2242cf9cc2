SELECT JSON_PARSE({{ schema }}.__H3_HEXRING_INT({{ origin }}, {{ size }}))
