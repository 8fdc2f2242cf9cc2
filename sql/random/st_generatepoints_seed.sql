{% import "transformations/macros.sql" as geo %}
SELECT {{ schema }}.__GENERATEPOINTS_SEEDED({{ geo.sent(geom) }}, {{ npoints }}, {{ seed }}, {{ geo.room(42, npoints, 1560) }})
