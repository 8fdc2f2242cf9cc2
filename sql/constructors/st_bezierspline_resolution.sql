{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__BEZIERSPLINE(" ~ geo.sent(linestring) ~ ", " ~ resolution ~ ", CAST(0.85 AS VARCHAR(MAX)), " ~ geo.room(320, "(" ~ resolution ~ " / 200 + 1)", 204) ~ ")") }}
