{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__BUFFER(" ~ geo.sent(geom) ~ ", " ~ geo.digits(meters) ~ ", 8)") }}
