{% import "random/macros.sql" as geometries %}
SELECT {{ schema }}.__GENERATEPOINTS(ST_AsHexEWKB({{ geometries.in_degrees(geom) }}), {{ npoints }})
