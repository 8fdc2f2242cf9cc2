{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__CONCAVEHULL_ARR(JSON_SERIALIZE(" ~ geojsons ~ "), CAST(NULL AS VARCHAR(MAX)), 'kilometers')") }}
