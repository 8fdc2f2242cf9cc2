{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__CENTERMEDIAN(" ~ geo.sent(geom) ~ ")") }}
