{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__CONCAVEHULL(" ~ geo.sent(geom) ~ ", " ~ geo.digits(max_edge) ~ ", " ~ units ~ ")") }}
