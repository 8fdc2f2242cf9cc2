SELECT JSON_PARSE({{ schema }}.__H3_KRING_INT({{ origin }}, {{ size }}))
