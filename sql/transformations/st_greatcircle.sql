{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__GREATCIRCLE(" ~ geo.sent(start_point) ~ ", " ~ geo.sent(end_point) ~ ", 100)") }}
