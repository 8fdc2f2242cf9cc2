{% import "h3/macros.sql" as cells %}
SELECT {{ cells.cell_at(longitude, latitude, resolution) }}
