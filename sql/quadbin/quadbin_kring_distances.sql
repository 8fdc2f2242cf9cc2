SELECT JSON_PARSE({{ schema }}.__QUADBIN_KRING_DISTANCES({{ origin }}, {{ size }}))
