{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__GREATCIRCLE_100(" ~ geo.sent(start_point) ~ ", " ~ geo.sent(end_point) ~ ")") }}
