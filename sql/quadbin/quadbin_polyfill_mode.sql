{% import "quadbin/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADBIN_POLYFILL_MODE(ST_AsHexEWKB({{ cells.in_degrees(geo) }}), {{ resolution }}, {{ mode }}))
