{% import "transformations/macros.sql" as geo %}
SELECT JSON_PARSE({{ schema }}.__MINKOWSKIDISTANCE_ARR(JSON_SERIALIZE({{ geojsons }}), {{ geo.digits(p) }}))
