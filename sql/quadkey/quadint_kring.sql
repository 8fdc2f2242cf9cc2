SELECT JSON_PARSE({{ schema }}.__QUADINT_KRING({{ origin }}, {{ size }}))
