{% import "transformations/macros.sql" as geo %}
SELECT {{ schema }}.__GENERATEPOINTS({{ geo.sent(geom) }}, {{ npoints }}, {{ geo.room(42, npoints, 1560) }})
