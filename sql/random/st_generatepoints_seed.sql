{% import "random/macros.sql" as geometries %}
SELECT {{ schema }}.__GENERATEPOINTS_SEEDED(ST_AsHexEWKB({{ geometries.in_degrees(geom) }}), {{ npoints }}, {{ seed }})
