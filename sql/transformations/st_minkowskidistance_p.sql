{% import "transformations/macros.sql" as geo %}
SELECT JSON_PARSE({{ schema }}.__MINKOWSKIDISTANCE({{ geo.sent(geom) }}, {{ geo.digits(p) }}))
