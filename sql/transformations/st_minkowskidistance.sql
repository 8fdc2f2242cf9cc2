{% import "transformations/macros.sql" as geo %}
SELECT JSON_PARSE({{ schema }}.__MINKOWSKIDISTANCE({{ geo.sent(geom) }}, CAST(2 AS VARCHAR(MAX))))
