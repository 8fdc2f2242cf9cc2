{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__CENTERMEAN(" ~ geo.sent(geom) ~ ")") }}
