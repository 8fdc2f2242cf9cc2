SELECT TO_HEX({{ schema }}.H3_FROMGEOGPOINT_INT({{ point }}, {{ resolution }}))
