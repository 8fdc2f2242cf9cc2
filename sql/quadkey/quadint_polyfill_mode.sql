{% import "quadkey/macros.sql" as cells %}
SELECT JSON_PARSE({{ schema }}.__QUADINT_POLYFILL_MODE(ST_AsHexEWKB({{ cells.in_degrees(geo) }}), {{ resolution }}, {{ mode }}))
