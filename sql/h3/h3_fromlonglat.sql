SELECT TO_HEX({{ schema }}.H3_FROMLONGLAT_INT({{ longitude }}, {{ latitude }}, {{ resolution }}))
