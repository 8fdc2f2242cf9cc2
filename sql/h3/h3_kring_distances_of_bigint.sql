SELECT JSON_PARSE({{ schema }}.__H3_KRING_DISTANCES_INT({{ origin }}, {{ size }}))
