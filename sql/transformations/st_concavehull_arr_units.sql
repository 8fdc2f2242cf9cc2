{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__CONCAVEHULL_ARR(JSON_SERIALIZE(" ~ geojsons ~ "), " ~ geo.digits(max_edge) ~ ", " ~ units ~ ")") }}
