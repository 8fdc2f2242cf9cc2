SELECT JSON_PARSE({{ schema }}.__QUADBIN_KRING({{ origin }}, {{ size }}))
