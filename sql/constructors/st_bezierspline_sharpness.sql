{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__BEZIERSPLINE(" ~ geo.sent(linestring) ~ ", " ~ resolution ~ ", " ~ geo.digits(sharpness) ~ ")") }}
