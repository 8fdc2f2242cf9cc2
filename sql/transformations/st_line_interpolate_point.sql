{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__LINE_INTERPOLATE_POINT(" ~ geo.sent(line) ~ ", " ~ geo.digits(distance) ~ ", 'kilometers')") }}
