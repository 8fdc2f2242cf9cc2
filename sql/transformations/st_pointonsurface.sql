{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__POINTONSURFACE(" ~ geo.sent(geom) ~ ")") }}
