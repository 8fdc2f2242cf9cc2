{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__BEZIERSPLINE(" ~ geo.sent(linestring) ~ ", " ~ resolution ~ ", " ~ geo.digits(sharpness) ~ ", " ~ geo.room(320, "(" ~ resolution ~ " / 200 + 1)", 204) ~ ")") }}
