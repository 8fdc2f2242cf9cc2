SELECT JSON_PARSE({{ schema }}.__QUADINT_KRING_DISTANCES({{ origin }}, {{ size }}))
