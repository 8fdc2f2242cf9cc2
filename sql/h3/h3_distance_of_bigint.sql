SELECT {{ schema }}.__H3_DISTANCE({{ origin }}, {{ destination }})
