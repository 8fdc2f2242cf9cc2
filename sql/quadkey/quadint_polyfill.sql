{% import "quadkey/macros.sql" as quadints %}
SELECT JSON_PARSE({{ schema }}.__QUADINT_POLYFILL(ST_AsHexEWKB({{ quadints.in_degrees(geo) }}), {{ resolution }}))
