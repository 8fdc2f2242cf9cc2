{% import "quadkey/macros.sql" as quadints %}
SELECT CASE WHEN {{ quadints.zoom(origin) }} = {{ quadints.zoom(destination) }} THEN GREATEST(
  {{ quadints.around(quadints.tile_x(origin) ~ " - " ~ quadints.tile_x(destination), quadints.side(origin)) }},
  {{ quadints.around(quadints.row_on_grid(origin) ~ " - " ~ quadints.row_on_grid(destination), quadints.side(origin)) }}) END
