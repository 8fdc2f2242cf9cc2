{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__GREATCIRCLE(" ~ geo.sent(start_point) ~ ", " ~ geo.sent(end_point) ~ ", " ~ n_points ~ ", " ~ geo.room(32, n_points, 2043, 128) ~ ")") }}
